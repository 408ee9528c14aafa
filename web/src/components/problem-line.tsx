import type { ReactNode } from "react";
import type { ProblemBody } from "../api/types";
import { forAdmin } from "../lib/for-admin";
import { CopyText } from "./copy-text";
import classes from "./problem-line.module.css";
import { RemedyLine } from "./remedy-line";
import { StateIcon } from "./state-label";

interface ProblemLineProps {
  problem: ProblemBody;
  action?: ReactNode;
  /** Where the org is, for the way to its Setup. */
  instanceUrl?: string;
}

/** One thing that is wrong, on a line of its own, and the button that mends it. */
export function ProblemLine({ problem, action, instanceUrl }: ProblemLineProps) {
  return (
    <div className={classes.line}>
      <StateIcon tone="warning" />
      <span className={classes.words}>
        {problem.text} <code className="quiet small">{problem.code}</code>{" "}
        {problem.remedy && <CopyText value={forAdmin(problem, instanceUrl)} label="Copy for your Salesforce admin" />}
        <RemedyLine remedy={problem.remedy} instanceUrl={instanceUrl} />
      </span>
      {action}
    </div>
  );
}
