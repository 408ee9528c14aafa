import type { ReactNode } from "react";
import { CopyText } from "./copy-text";
import classes from "./shown-once.module.css";

/** A secret that will not be shown again, ready to be copied. */
export function ShownOnce({ value, children }: { value: string; children: ReactNode }) {
  return (
    <div>
      <p>{children}</p>
      <div className={classes.box}>
        <code className={classes.value}>{value}</code>
        <CopyText value={value} label="Copy" />
      </div>
    </div>
  );
}
