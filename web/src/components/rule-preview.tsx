import type { SyncRulePreview } from "../api/types";
import { formatCount } from "../lib/format";
import classes from "./rule-preview.module.css";

/** What a rule would copy, what that costs in API calls, and the query. */
export function RulePreview({ preview, isOld }: { preview: SyncRulePreview; isOld: boolean }) {
  const { count, calls_first_load, calls_per_day, problem, soql } = preview;
  return (
    <div className={`${classes.preview} ${isOld ? classes.old : ""}`} aria-live="polite">
      <p className={classes.words}>
        {problem ? (
          problem.text
        ) : (
          <>
            <strong>
              {count === null ? "Salesforce did not count this in time." : `${formatCount(count, "record")}.`}
            </strong>{" "}
            About {formatCount(calls_first_load, "API call")} for the first load, about{" "}
            {formatCount(calls_per_day, "call")} a day after that.
          </>
        )}
      </p>
      {soql && (
        <details>
          <summary>Show the SOQL</summary>
          <pre className={classes.soql}>{soql}</pre>
        </details>
      )}
    </div>
  );
}
