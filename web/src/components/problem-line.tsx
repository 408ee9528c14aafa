import type { ReactNode } from "react";
import type { ProblemBody } from "../api/types";
import classes from "./problem-line.module.css";
import { StateIcon } from "./state-label";

/** One thing that is wrong, on a line of its own, and the button that mends it. */
export function ProblemLine({ problem, action }: { problem: ProblemBody; action?: ReactNode }) {
  return (
    <div className={classes.line}>
      <StateIcon tone="warning" />
      <span className={classes.words}>
        {problem.text} <code className="quiet small">{problem.code}</code>
      </span>
      {action}
    </div>
  );
}
