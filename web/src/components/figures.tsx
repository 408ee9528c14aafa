import type { ReactNode } from "react";
import classes from "./figures.module.css";

/** Numbers with their names, side by side. */
export function Figures({ children }: { children: ReactNode }) {
  return <dl className={classes.figures}>{children}</dl>;
}

export function Figure({ label, value, note }: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div>
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>
        {value}
        {note && <div className={classes.note}>{note}</div>}
      </dd>
    </div>
  );
}
