import type { ReactNode } from "react";
import classes from "./pills.module.css";

/** Links among which one is current. */
export function Pills({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className={classes.pills}>
      {children}
    </nav>
  );
}
