import { Button } from "@mantine/core";
import type { ConnectFlowBody } from "../api/types";
import { toProblem } from "../lib/problem";
import { Card } from "./card";
import { EnvironmentBadge } from "./environment-badge";
import classes from "./facts.module.css";
import { ProblemNotice } from "./problem-notice";

interface FoundOrgProps {
  flow: ConnectFlowBody;
  error?: unknown;
  isConfirming: boolean;
  isCancelling: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asks whether the org that was found is the right one. */
export function FoundOrg({ flow, error, isConfirming, isCancelling, onConfirm, onCancel }: FoundOrgProps) {
  const { org, user } = flow;
  return (
    <Card title="Is this the right org?">
      <dl className={classes.facts}>
        <dt>Org</dt>
        <dd>
          <strong dir="auto">{org?.name ?? "Unknown"}</strong>
        </dd>
        <dt>Organization id</dt>
        <dd>
          <code>{org?.organization_id}</code>
        </dd>
        <dt>Edition</dt>
        <dd>{org?.edition ?? "Salesforce did not say"}</dd>
        <dt>Environment</dt>
        <dd>
          <EnvironmentBadge
            environment={org?.is_sandbox ? "sandbox" : isSalesforce(flow.environment_host) ? "production" : "simulated"}
          />{" "}
          <code className="quiet">{flow.environment_host}</code>
        </dd>
        <dt>User</dt>
        <dd dir="auto">
          {user?.display_name && `${user.display_name}, `}
          {user?.username}
        </dd>
        <dt>Granted</dt>
        <dd>
          <code>{flow.scopes.join(" ")}</code>
        </dd>
      </dl>
      <p>Towpath sees what this user sees, and nothing else. It only reads.</p>
      {error !== undefined && <ProblemNotice problem={toProblem(error)} />}
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, marginTop: 16 }}>
        <Button onClick={onConfirm} loading={isConfirming}>
          Yes, use this org
        </Button>
        <Button variant="default" onClick={onCancel} loading={isCancelling}>
          No, cancel and take back the access
        </Button>
      </div>
    </Card>
  );
}

function isSalesforce(host: string): boolean {
  return host.endsWith(".salesforce.com");
}
