import type { SyncRuleBody, SyncRulePreview } from "../api/types";
import { formatNumber } from "../lib/format";
import { SObjectName } from "./sobject-name";
import { Dash, Table } from "./table";

interface ReviewTableProps {
  rules: SyncRuleBody[];
  /** In the order of the rules; missing while it is asked for. */
  previews: (SyncRulePreview | undefined)[];
}

/** What each rule copies and costs. */
export function ReviewTable({ rules, previews }: ReviewTableProps) {
  return (
    <Table label="What each sObject copies and costs" sticky>
      <thead>
        <tr>
          <th scope="col">sObject</th>
          <th scope="col">Which records</th>
          <th scope="col" className="number">
            Records
          </th>
          <th scope="col" className="number">
            Fields
          </th>
          <th scope="col" className="number">
            Calls, first load
          </th>
          <th scope="col" className="number">
            Calls a day
          </th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule, index) => {
          const preview = previews[index];
          return (
            <tr key={rule.id}>
              <td>
                {rule.label} <SObjectName label={rule.label} name={rule.sobject} />
              </td>
              <td style={{ maxWidth: 320 }} className="ellipsis" title={rule.soql ?? undefined}>
                {rule.soql ? <code>{rule.soql}</code> : "All"}
              </td>
              <td className="number">
                {preview ? preview.count === null ? "not counted" : formatNumber(preview.count) : <Dash />}
              </td>
              <td className="number">{rule.fields ? formatNumber(rule.fields.length) : "all"}</td>
              <td className="number">{preview ? `≈ ${formatNumber(preview.calls_first_load)}` : <Dash />}</td>
              <td className="number">{preview ? `≈ ${formatNumber(preview.calls_per_day)}` : <Dash />}</td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
