import type { RecordSObjectBody } from "../api/types";
import { formatNumber } from "../lib/format";
import { Link } from "./link";
import { SObjectName } from "./sobject-name";
import { Dash, Table } from "./table";

/** The tables of one integration's copy. */
export function RecordSObjectTable({ integration, sobjects }: { integration: string; sobjects: RecordSObjectBody[] }) {
  return (
    <Table label="Tables" sticky>
      <thead>
        <tr>
          <th scope="col">sObject</th>
          <th scope="col" className="number">
            Records
          </th>
          <th scope="col" className="number">
            Gone
          </th>
          <th scope="col" className="number">
            Fields
          </th>
        </tr>
      </thead>
      <tbody>
        {sobjects.map(({ sobject, label, rows, gone_rows, columns_count }) => (
          <tr key={sobject}>
            <td>
              <Link to="/data/$integration/$sobject" params={{ integration, sobject }} fw={500}>
                {label}
              </Link>{" "}
              <SObjectName label={label} name={sobject} />
            </td>
            <td className="number">{rows === null ? <Dash /> : formatNumber(rows)}</td>
            <td className="number">{gone_rows ? formatNumber(gone_rows) : <Dash />}</td>
            <td className="number">{formatNumber(columns_count)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
