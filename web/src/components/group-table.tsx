import type { GroupBody } from "../api/types";
import { formatNumber } from "../lib/format";
import { Link } from "./link";
import { StateLabel } from "./state-label";
import { Table } from "./table";

/** The groups of a workspace. */
export function GroupTable({ groups }: { groups: GroupBody[] }) {
  return (
    <Table label="Groups">
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col" className="number">
            Members
          </th>
          <th scope="col">Salesforce</th>
          <th scope="col" className="number">
            Integrations
          </th>
          <th scope="col" className="number">
            Connected groups
          </th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <tr key={group.id}>
            <td dir="auto">
              <Link to="/settings/groups/$id" params={{ id: group.id }} underline="always">
                {group.name}
              </Link>{" "}
              {group.is_mine && <span className="quiet">(you are in it)</span>}
            </td>
            <td className="number">{formatNumber(group.members.length)}</td>
            <td>
              <StateLabel
                plain
                state={group.salesforce_on_at ? { word: "On", tone: "ok" } : { word: "Off", tone: "quiet" }}
              />
            </td>
            <td className="number">{formatNumber(group.integrations.length + group.received.length)}</td>
            <td className="number">{formatNumber(group.connected.length)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
