import type { ReactNode } from "react";
import type { IntegrationBody } from "../api/types";
import { formatCount } from "../lib/format";
import { EnvironmentBadge } from "./environment-badge";
import classes from "./integration-line.module.css";
import { IntegrationState } from "./integration-state";
import { Link } from "./link";
import { TimeAgo } from "./time-ago";

interface IntegrationLineProps {
  integration: IntegrationBody;
  /** What else stands beside its name. */
  note?: string;
  /** What stands beside its state. */
  meter?: ReactNode;
  action?: ReactNode;
}

/** An integration on a line: how it is, what is wrong, and the button that mends it. */
export function IntegrationLine({ integration, note, meter, action }: IntegrationLineProps) {
  const { problems, missing } = integration;
  return (
    <div className={classes.line}>
      <div className={classes.words}>
        <div className={classes.name}>
          <Link to="/integrations/$id" params={{ id: integration.id }} dir="auto">
            {integration.name}
          </Link>
          <EnvironmentBadge environment={integration.org.environment} />
          <span className="quiet small" dir="auto">
            {integration.org.name}
          </span>
          {note && (
            <span className="quiet small" dir="auto">
              {note}
            </span>
          )}
        </div>
        <p className={problems.length > 0 ? classes.problem : `${classes.problem} quiet`}>
          {problems[0]?.text ?? (missing.length > 0 ? missingWords(missing) : <Freshness integration={integration} />)}
          {problems.length > 1 && ` And ${formatCount(problems.length - 1, "more problem", "more problems")}.`}
        </p>
      </div>
      {meter}
      <div className={classes.side}>
        <IntegrationState integration={integration} />
        {action}
      </div>
    </div>
  );
}

/** What an incomplete integration still needs. */
export function missingWords(missing: IntegrationBody["missing"]): string {
  if (missing.length === 2) return "Choose what to copy and map its fields; then the first sync starts.";
  return missing[0] === "rule"
    ? "Choose what to copy; then the first sync starts."
    : "Map fields to properties; then the first sync starts.";
}

function Freshness({ integration }: { integration: IntegrationBody }) {
  const { next_run_at, rows } = integration;
  return (
    <>
      {formatCount(rows, "record")}
      {next_run_at && (
        <>
          {" · looks again "}
          <TimeAgo at={next_run_at} />
        </>
      )}
    </>
  );
}
