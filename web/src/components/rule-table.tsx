import type { SyncRuleBody } from "../api/types";
import { formatDuration, formatNumber } from "../lib/format";
import { ActionButton } from "./action-button";
import { SObjectName } from "./sobject-name";
import { Table } from "./table";
import { TimeAgo } from "./time-ago";

interface RuleTableProps {
  rules: SyncRuleBody[];
  /** Why this person may not have records read anew. */
  reason?: string;
  /** The sObject that is being asked for. */
  reloading?: string;
  onReload: (sobject: string) => void;
}

/** The sync rules of an integration. */
export function RuleTable({ rules, reason, reloading, onReload }: RuleTableProps) {
  return (
    <Table label="Sync rules" sticky>
      <thead>
        <tr>
          <th scope="col">sObject</th>
          <th scope="col">Which records</th>
          <th scope="col" className="number">
            Fields
          </th>
          <th scope="col">Looks for changes</th>
          <th scope="col" className="number">
            Records
          </th>
          <th scope="col">Changed</th>
          <th scope="col">All records</th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.id}>
            <td>
              {rule.label} <SObjectName label={rule.label} name={rule.sobject} />
            </td>
            <td className="ellipsis" style={{ maxWidth: 420 }} title={rule.soql ?? undefined}>
              {rule.soql ? <code>{rule.soql}</code> : "All"}
            </td>
            <td className="number">{rule.fields ? formatNumber(rule.fields.length) : "all"}</td>
            <td>every {formatDuration(rule.cadence_seconds * 1000)}</td>
            <td className="number">{formatNumber(rule.rows)}</td>
            <td>
              <TimeAgo at={rule.updated_at} />
            </td>
            <td>
              <ActionButton
                size="xs"
                variant="default"
                aria-label={`Read all of ${rule.label} again`}
                reason={reason}
                loading={reloading === rule.sobject}
                onClick={() => onReload(rule.sobject)}
              >
                Read again
              </ActionButton>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
