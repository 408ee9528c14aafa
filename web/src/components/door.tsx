import { type ReactNode, useEffect } from "react";
import classes from "./door.module.css";
import { HelpButton } from "./help-button";

/** A page in front of the application: signing in, setting up. */
export function Door({ title, line, children }: { title: string; line?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Towpath`;
  }, [title]);
  return (
    <main className={classes.door}>
      <div className={classes.mark}>
        <img src="/icon.svg" width={28} height={28} alt="" />
        Towpath
      </div>
      <div className={classes.box}>
        <div className={classes.head}>
          <h1 className={classes.title}>{title}</h1>
          <HelpButton />
        </div>
        {line && <p className={classes.line}>{line}</p>}
        {children}
      </div>
    </main>
  );
}

/** The fields of a form, one below the other. */
export function Form({ onSubmit, children }: { onSubmit: () => void; children: ReactNode }) {
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
