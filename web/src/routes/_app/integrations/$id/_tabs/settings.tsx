import { Button, TextInput } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { isChanged } from "../../../../../api/client";
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
import { OutsideLink } from "../../../../../components/outside-link";
import { TwoVersions } from "../../../../../components/two-versions";
import { formatInstant } from "../../../../../lib/format";
import { toProblem } from "../../../../../lib/problem";
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
      <LimitsCard integration={id} reason={reason} />
      <NameCard integration={integration} reason={reason} />
      <FactsCard integration={integration} />
      <PauseCard integration={integration} reason={reasonAgainstRunning(integration, member.role)} />
      <DeleteCard integration={integration} reason={reason} />
    </Sections>
  );
}

function NameCard({ integration, reason }: { integration: IntegrationBody; reason?: string }) {
  const rename = useRenameIntegration(integration.id);
  const [name, setName] = useState(integration.name);
  // What it was called when somebody began to change that.
  const [seen, setSeen] = useState(integration.version);
  const isLost = isChanged(rename.error);

  function save(over: string) {
    rename.mutate(
      { name: name.trim(), seen: over },
      {
        onSuccess: (renamed) => {
          setSeen(renamed.version);
          tellDone("Renamed.");
        },
      },
    );
  }

  function keepTheirs() {
    setName(integration.name);
    setSeen(integration.version);
    rename.reset();
  }

  return (
    <Card title="Name">
      <form
        style={{ display: "flex", flexWrap: "wrap", alignItems: "flex-end", gap: 8 }}
        onSubmit={(event) => {
          event.preventDefault();
          save(seen);
        }}
      >
        <TextInput
          style={{ flex: "0 1 400px" }}
          label="Name of this integration"
          required
          withAsterisk={false}
          maxLength={80}
          readOnly={reason !== undefined}
          value={name}
          error={
            rename.isError && !isLost ? [toProblem(rename.error).detail ?? toProblem(rename.error).title] : undefined
          }
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={rename.isPending}
          disabled={reason !== undefined || isLost || name.trim() === integration.name || name.trim() === ""}
          title={reason}
        >
          Rename
        </Button>
      </form>
      {isLost && (
        <TwoVersions
          what="name"
          theirs={[{ label: "Name", value: integration.name }]}
          mine={[{ label: "Name", value: name.trim() }]}
          isSaving={rename.isPending}
          onKeepTheirs={keepTheirs}
          onSaveMine={() => save(integration.version)}
        />
      )}
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
