import type { RowErrorBody } from "../api/types";
import { Link } from "./link";
import { Table } from "./table";
import { TimeAgo } from "./time-ago";

/** Records, or fields of them, that could not be stored. */
export function RowErrorTable({ integration, errors }: { integration: string; errors: RowErrorBody[] }) {
  return (
    <Table label="Row errors">
      <thead>
        <tr>
          <th scope="col">sObject</th>
          <th scope="col">Record</th>
          <th scope="col">Field</th>
          <th scope="col">What happened</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {errors.map((error) => (
          <tr key={`${error.record_id} ${error.field} ${error.code}`}>
            <td className="mono">{error.sobject}</td>
            <td className="mono">
              <Link
                to="/data/$integration/$sobject"
                params={{ integration, sobject: error.sobject }}
                search={{ record: error.record_id }}
              >
                {error.record_id}
              </Link>
            </td>
            <td className="mono">{error.field}</td>
            <td style={{ whiteSpace: "normal", minWidth: 240 }}>
              {error.message} <code className="quiet small">{error.code}</code>
            </td>
            <td>
              <TimeAgo at={error.failed_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
