import type { RunBody } from "../api/types";
import { formatDuration, formatNumber } from "../lib/format";
import { outcomeStatus, runLength } from "../lib/status";
import { useNow } from "../lib/use-now";
import { Link } from "./link";
import { StateLabel } from "./state-label";
import { Table } from "./table";
import { TimeAgo } from "./time-ago";

interface RunTableProps {
  runs: RunBody[];
  /** The names of integrations, where the list is of several. */
  names?: ReadonlyMap<string, string>;
}

/** Runs, the newest first. */
export function RunTable({ runs, names }: RunTableProps) {
  const now = useNow();
  return (
    <Table label="Runs" sticky>
      <thead>
        <tr>
          <th scope="col">Started</th>
          {names && <th scope="col">Integration</th>}
          <th scope="col">Outcome</th>
          <th scope="col" className="number">
            Read
          </th>
          <th scope="col" className="number">
            New
          </th>
          <th scope="col" className="number">
            Changed
          </th>
          <th scope="col" className="number">
            Gone
          </th>
          <th scope="col" className="number">
            Rejected
          </th>
          <th scope="col" className="number">
            Calls
          </th>
          <th scope="col" className="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <td>
              <Link to="/runs/$id" params={{ id: run.id }}>
                <TimeAgo at={run.started_at} />
              </Link>
            </td>
            {names && <td dir="auto">{names.get(run.integration_id) ?? "Deleted integration"}</td>}
            <td>
              <StateLabel plain state={outcomeStatus(run.outcome)} />
            </td>
            <td className="number">{formatNumber(run.counts.rows_read)}</td>
            <td className="number">{formatNumber(run.counts.inserted)}</td>
            <td className="number">{formatNumber(run.counts.updated)}</td>
            <td className="number">{formatNumber(run.counts.gone)}</td>
            <td className="number">{formatNumber(run.counts.rejected)}</td>
            <td className="number">{formatNumber(run.counts.calls)}</td>
            <td className="number">{formatDuration(runLength(run, now))}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
