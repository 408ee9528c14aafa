import type { RunBody, SyncRuleBody } from "../api/types";
import { formatCount, formatNumber } from "../lib/format";
import { copyStatus } from "../lib/status";
import { Link } from "./link";
import { SObjectName } from "./sobject-name";
import { StateLabel } from "./state-label";
import { Dash, Table } from "./table";
import { TimeAgo } from "./time-ago";

interface RuleFreshnessProps {
  integration: string;
  rules: SyncRuleBody[];
  /** The last run that has ended. */
  lastRun: RunBody | null | undefined;
}

/** How fresh each sObject's copy is, and what is left out of it. */
export function RuleFreshnessTable({ integration, rules, lastRun }: RuleFreshnessProps) {
  return (
    <Table label="Each sObject" sticky>
      <thead>
        <tr>
          <th scope="col">sObject</th>
          <th scope="col" className="number">
            Records
          </th>
          <th scope="col">Complete until</th>
          <th scope="col">State</th>
          <th scope="col">Left out</th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.id}>
            <td>
              <Link to="/data/$integration/$sobject" params={{ integration, sobject: rule.sobject }}>
                {rule.label}
              </Link>{" "}
              <SObjectName label={rule.label} name={rule.sobject} />
            </td>
            <td className="number">{formatNumber(rule.rows)}</td>
            <td>{rule.complete_until ? <TimeAgo at={rule.complete_until} /> : <Dash />}</td>
            <td>
              {rule.problem ? (
                <span
                  style={{
                    display: "flex",
                    flexWrap: "wrap",
                    gap: "0 8px",
                    whiteSpace: "normal",
                    minWidth: 200,
                    maxWidth: 420,
                  }}
                >
                  <StateLabel plain state={{ word: "Needs attention", tone: "warning" }} />
                  <span>{rule.problem.text}</span>
                </span>
              ) : (
                <StateLabel plain state={copyStatus(rule, lastRun)} />
              )}
            </td>
            <td>
              {rule.skipped_fields.length === 0 ? (
                <Dash />
              ) : (
                <span title={rule.skipped_fields.map(({ field, reason }) => `${field}: ${reason}`).join("\n")}>
                  {formatCount(rule.skipped_fields.length, "field")}
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
