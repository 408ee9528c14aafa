import type { IntegrationBody } from "../api/types";
import { formatList, formatNumber } from "../lib/format";
import { accessWords } from "../lib/sharing";
import { EnvironmentBadge } from "./environment-badge";
import { IntegrationState } from "./integration-state";
import { Link } from "./link";
import { Dash, Table } from "./table";
import { TimeAgo } from "./time-ago";

/** All integrations with their orgs and how they are. */
export function IntegrationTable({ integrations }: { integrations: IntegrationBody[] }) {
  return (
    <Table label="Integrations" sticky tall>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Org</th>
          <th scope="col">Status</th>
          <th scope="col">Access</th>
          <th scope="col" className="number">
            Records
          </th>
          <th scope="col" className="number">
            sObjects
          </th>
          <th scope="col">Last run</th>
          <th scope="col">Next run</th>
          <th scope="col" className="number">
            Calls today
          </th>
        </tr>
      </thead>
      <tbody>
        {integrations.map((integration) => (
          <IntegrationRow key={integration.id} integration={integration} />
        ))}
      </tbody>
    </Table>
  );
}

function IntegrationRow({ integration }: { integration: IntegrationBody }) {
  const { id, name, org, problems, rows, rules_count, calls_today, last_run, next_run_at } = integration;
  return (
    <tr>
      <td>
        <Link to="/integrations/$id" params={{ id }} fw={500} dir="auto">
          {name}
        </Link>
      </td>
      <td>
        <span style={{ display: "flex", alignItems: "center", gap: 8 }}>
          <span dir="auto">{org.name}</span>
          <EnvironmentBadge environment={org.environment} />
        </span>
        <code className="quiet small">{org.organization_id}</code>
      </td>
      <td>
        <IntegrationState integration={integration} />
        {problems[0] && (
          <div className="small" style={{ whiteSpace: "normal", minWidth: 220, maxWidth: 360 }}>
            {problems[0].text}
          </div>
        )}
      </td>
      <td dir="auto" title={readersOf(integration)}>
        {accessWords(integration)}
      </td>
      <td className="number">{formatNumber(rows)}</td>
      <td className="number">{formatNumber(rules_count)}</td>
      <td>{last_run?.finished_at ? <TimeAgo at={last_run.finished_at} /> : <Dash />}</td>
      <td>{next_run_at ? <TimeAgo at={next_run_at} /> : <Dash />}</td>
      <td className="number">{formatNumber(calls_today)}</td>
    </tr>
  );
}

/** Every group that has access, for who points at the short form. */
function readersOf({ group, shared_with }: IntegrationBody): string {
  return group ? formatList([group, ...shared_with].map(({ name }) => name)) : "Everybody in the workspace";
}
