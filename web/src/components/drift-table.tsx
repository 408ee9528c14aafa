import type { DriftBody } from "../api/types";
import { formatNumber } from "../lib/format";
import { sweepState, sweepWords } from "../lib/sweep";
import { StateLabel } from "./state-label";
import { Dash, Table } from "./table";
import { TimeAgo } from "./time-ago";

/** How each sObject's copy compared with the org: the records on both sides, what differed, and when that was. */
export function DriftTable({ rules }: { rules: DriftBody[] }) {
  return (
    <Table label="Compared with the org" sticky>
      <thead>
        <tr>
          <th scope="col">sObject</th>
          <th scope="col">Result</th>
          <th scope="col" className="number">
            In the org
          </th>
          <th scope="col" className="number">
            In the copy
          </th>
          <th scope="col">What differed</th>
          <th scope="col">Compared</th>
          <th scope="col">Next</th>
        </tr>
      </thead>
      <tbody>
        {rules.map(({ sync_rule_id, sobject, last_sweep: last, current_sweep, next_sweep_at }) => (
          <tr key={sync_rule_id}>
            <td>{sobject}</td>
            <td>
              <StateLabel plain state={sweepState(last, current_sweep !== null)} />
            </td>
            <td className="number">{last?.counts ? formatNumber(last.counts.rows_in_org) : <Dash />}</td>
            <td className="number">{last?.counts ? formatNumber(last.counts.rows_in_copy) : <Dash />}</td>
            <td style={{ whiteSpace: "normal", minWidth: 160 }}>{sweepWords(last) || <Dash />}</td>
            <td>{last?.finished_at ? <TimeAgo at={last.finished_at} /> : <Dash />}</td>
            <td>{next_sweep_at ? <TimeAgo at={next_sweep_at} /> : <Dash />}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
