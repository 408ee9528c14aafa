import type { SampleBody, SyncRulePreview } from "../api/types";
import { formatCount, formatNumber } from "../lib/format";
import { changeWords } from "../lib/rule-words";
import classes from "./rule-preview.module.css";
import { Dash, Table } from "./table";

/** What a rule would copy, what that changes, what it costs in API calls, some of the records, and the query. */
export function RulePreview({ preview, isOld }: { preview: SyncRulePreview; isOld: boolean }) {
  const { count, problem, sample, soql } = preview;
  const late = reasonsOf(preview);
  return (
    <div className={`${classes.preview} ${isOld ? classes.old : ""}`} aria-busy={isOld}>
      <div className={classes.words} aria-live="polite">
        {problem && <p style={{ margin: 0 }}>{problem.text}</p>}
        {!problem && (
          <p style={{ margin: 0 }}>
            <strong>
              {count === null ? "Salesforce did not count this in time." : `${formatCount(count, "record")}.`}
            </strong>{" "}
            {costWords(preview)}
          </p>
        )}
        {preview.change && <p style={{ margin: "4px 0 0" }}>{changeWords(preview.change)}</p>}
        {late.map((text) => (
          <p key={text} className="quiet" style={{ margin: "4px 0 0" }}>
            {text}
          </p>
        ))}
      </div>
      {conditionOf(soql) && <code className={classes.condition}>{conditionOf(soql)}</code>}
      {sample && sample.rows.length > 0 && (
        <details>
          <summary>Look at {formatCount(sample.rows.length, "record")}</summary>
          <SampleTable sample={sample} />
        </details>
      )}
      {soql && (
        <details>
          <summary>Show the SOQL</summary>
          <pre className={classes.soql}>{soql}</pre>
        </details>
      )}
    </div>
  );
}

/** Why the org did not show records or compare them, each reason once. */
function reasonsOf({ problem, change_problem, sample_problem }: SyncRulePreview): string[] {
  const reasons = [change_problem, sample_problem].flatMap((one) => (one ? [one.text] : []));
  return [...new Set(reasons)].filter((reason) => reason !== problem?.text);
}

/** The part of a query that says which records. */
function conditionOf(soql: string): string {
  const at = soql.indexOf(" WHERE ");
  return at < 0 ? "" : soql.slice(at + 1);
}

function costWords({ calls_first_load, calls_per_day, daily_limit }: SyncRulePreview): string {
  const share = daily_limit
    ? `, ${shareOf(calls_per_day, daily_limit)} of your limit of ${formatNumber(daily_limit)}`
    : "";
  return `About ${formatCount(calls_first_load, "API call")} for the first load, about ${formatCount(calls_per_day, "call")} a day after that${share}.`;
}

function shareOf(calls: number, limit: number): string {
  const share = (calls / limit) * 100;
  return share < 0.1 ? "less than 0.1 %" : `${share.toFixed(1)} %`;
}

function SampleTable({ sample }: { sample: SampleBody }) {
  return (
    <Table label="Some of the records" sticky>
      <thead>
        <tr>
          {sample.columns.map(({ name, label }) => (
            <th key={name} scope="col" title={name}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sample.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a sample have no identity.
          <tr key={index}>
            {row.map((value, column) => (
              <td key={sample.columns[column]?.name} className="ellipsis" style={{ maxWidth: 260 }} dir="auto">
                {value ?? <Dash />}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
