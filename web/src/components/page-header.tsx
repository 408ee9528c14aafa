import { type ReactNode, useEffect } from "react";
import { HelpButton } from "./help-button";
import classes from "./page-header.module.css";

interface PageHeaderProps {
  title: string;
  /** What this is, or the state it is in. */
  line?: ReactNode;
  actions?: ReactNode;
  crumbs?: ReactNode;
}

/** The head of a page; it also names the browser's tab. */
export function PageHeader({ title, line, actions, crumbs }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · Towpath`;
  }, [title]);
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        {crumbs && (
          <nav aria-label="Breadcrumb" className={classes.crumbs}>
            {crumbs}
          </nav>
        )}
        <div className={classes.named}>
          <h1 className={classes.title} dir="auto">
            {title}
          </h1>
          <HelpButton />
        </div>
        {line && <div className={classes.line}>{line}</div>}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </header>
  );
}
