import type { ReactNode } from "react";
import classes from "./card.module.css";

interface CardProps {
  title?: string;
  aside?: ReactNode;
  /** Lets a table or list reach the border. */
  flush?: boolean;
  children: ReactNode;
}

/** A bordered part of a page. */
export function Card({ title, aside, flush, children }: CardProps) {
  return (
    <section className={classes.card} aria-label={title}>
      {(title || aside) && (
        <div className={classes.head}>
          {title && <h2 className={classes.title}>{title}</h2>}
          {aside}
        </div>
      )}
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}

/** The parts of a page, one below the other. */
export function Sections({ children }: { children: ReactNode }) {
  return <div className={classes.stack}>{children}</div>;
}
