import { Button } from "@mantine/core";
import type { ApiKeyBody } from "../api/types";
import { roleLabel } from "../lib/roles";
import { Table } from "./table";
import { TimeAgo } from "./time-ago";

interface ApiKeyTableProps {
  keys: ApiKeyBody[];
  /** The names of members by id. */
  names: ReadonlyMap<string, string>;
  onRevoke: (key: ApiKeyBody) => void;
}

export function ApiKeyTable({ keys, names, onRevoke }: ApiKeyTableProps) {
  return (
    <Table label="API keys" sticky>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Role</th>
          <th scope="col">Starts with</th>
          <th scope="col">Made</th>
          <th scope="col">Ends</th>
          <th scope="col">Last used</th>
          <th scope="col">
            <span className="quiet">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <td>{key.name}</td>
            <td>{roleLabel(key.role)}</td>
            <td>
              <code>{key.token_start}…</code>
            </td>
            <td>
              <TimeAgo at={key.created_at} />
              {names.has(key.created_by) && <span className="quiet"> by {names.get(key.created_by)}</span>}
            </td>
            <td>{key.expires_at ? <TimeAgo at={key.expires_at} /> : "never"}</td>
            <td>{key.used_at ? <TimeAgo at={key.used_at} /> : <span className="quiet">not yet</span>}</td>
            <td>
              <Button size="compact-xs" variant="default" onClick={() => onRevoke(key)}>
                Revoke
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
