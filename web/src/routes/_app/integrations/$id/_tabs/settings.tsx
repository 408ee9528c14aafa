import { createFileRoute } from "@tanstack/react-router";
import {
  useIntegration,
  usePauseIntegration,
  useRenameIntegration,
  useResumeIntegration,
} from "../../../../../api/integrations";
import { useMember } from "../../../../../api/session";
import type { IntegrationBody } from "../../../../../api/types";
import { ActionButton } from "../../../../../components/action-button";
import { Card, Sections } from "../../../../../components/card";
import { CopyText } from "../../../../../components/copy-text";
import classes from "../../../../../components/facts.module.css";
import { NameForm } from "../../../../../components/name-form";
import { OutsideLink } from "../../../../../components/outside-link";
import { formatInstant } from "../../../../../lib/format";
import { reasonAgainst } from "../../../../../lib/roles";
import { reasonAgainstRunning } from "../../../../../lib/sharing";
import { tellDone, tellFailed } from "../../../../../lib/tell";
import { AccessCard } from "../../-access-card";
import { ConnectionCard } from "../../-connection-card";
import { DeleteCard } from "../../-delete-integration";
import { LimitsCard } from "../../-limits-card";
import { ReconnectCard } from "../../-reconnect";

export const Route = createFileRoute("/_app/integrations/$id/_tabs/settings")({
  validateSearch: (search: Record<string, unknown>): { flow?: string } => ({
    flow: typeof search.flow === "string" ? search.flow : undefined,
  }),
  component: Settings,
});

function Settings() {
  const { id } = Route.useParams();
  const { flow } = Route.useSearch();
  const { data: integration } = useIntegration(id);
  const member = useMember();
  if (!integration) return null;
  const reason = reasonAgainst(member.role, "admin");
  return (
    <Sections>
      <ConnectionCard integration={integration} />
      <ReconnectCard integration={integration} flow={flow} reason={reason} />
      <AccessCard integration={integration} reason={reason} />
      <LimitsCard integration={id} isForm={!reason} />
      <NameCard integration={integration} reason={reason} />
      <FactsCard integration={integration} />
      <PauseCard integration={integration} reason={reasonAgainstRunning(integration, member.role)} />
      <DeleteCard integration={integration} reason={reason} />
    </Sections>
  );
}

function NameCard({ integration, reason }: { integration: IntegrationBody; reason?: string }) {
  const rename = useRenameIntegration(integration.id);
  return (
    <Card title="Name">
      <NameForm label="Name of this integration" named={integration} rename={rename} reason={reason} />
    </Card>
  );
}

function FactsCard({ integration }: { integration: IntegrationBody }) {
  const { slug, org, username, created_at, mode } = integration;
  return (
    <Card title="Facts">
      <dl className={classes.facts}>
        <dt>Org</dt>
        <dd>
          <span dir="auto">{org.name}</span> <code className="quiet">{org.organization_id}</code>
        </dd>
        <dt>Address</dt>
        <dd>
          <OutsideLink href={org.instance_url}>{org.instance_url}</OutsideLink>
        </dd>
        <dt>Salesforce user</dt>
        <dd>{username}</dd>
        <dt>Mode</dt>
        <dd>{mode === "read_only" ? "Read-only. Nothing is written in Salesforce." : "Read and take action"}</dd>
        <dt>Name in SQL</dt>
        <dd style={{ display: "flex", alignItems: "center", gap: 4 }}>
          <code>{slug}</code> <CopyText value={slug} label="Copy" />
        </dd>
        <dt>Made</dt>
        <dd>{formatInstant(created_at)}</dd>
      </dl>
    </Card>
  );
}

function PauseCard({ integration, reason }: { integration: IntegrationBody; reason?: string }) {
  const pause = usePauseIntegration(integration.id);
  const resume = useResumeIntegration(integration.id);
  const isPaused = integration.status === "paused";
  const act = isPaused ? resume : pause;
  return (
    <Card title={isPaused ? "Resume" : "Pause"}>
      <p style={{ marginTop: 0 }}>
        {isPaused
          ? "Syncing goes on where it stopped; nothing is read twice."
          : "No API calls are made to Salesforce until you resume; once a day it is only asked whether the connection still holds. The copy stays and can be read; a run under way stops and later goes on where it was."}
      </p>
      <ActionButton
        variant="default"
        reason={reason}
        loading={act.isPending}
        onClick={() =>
          act.mutate(undefined, { onSuccess: () => tellDone(isPaused ? "Resumed." : "Paused."), onError: tellFailed })
        }
      >
        {isPaused ? "Resume syncing" : "Pause syncing"}
      </ActionButton>
    </Card>
  );
}
