import { createFileRoute, Outlet } from "@tanstack/react-router";
import { useLiveIntegrations } from "../../../../api/events";
import { useIntegration, useResumeIntegration } from "../../../../api/integrations";
import { useRequestRun } from "../../../../api/runs";
import { useMember } from "../../../../api/session";
import type { IntegrationBody } from "../../../../api/types";
import { ActionButton } from "../../../../components/action-button";
import { EnvironmentBadge } from "../../../../components/environment-badge";
import { IntegrationState } from "../../../../components/integration-state";
import { Link } from "../../../../components/link";
import { LoadingPage } from "../../../../components/loading-page";
import { MendButton } from "../../../../components/mend-button";
import { PageHeader } from "../../../../components/page-header";
import { TabLink, Tabs } from "../../../../components/tabs";
import { reasonAgainstRunning } from "../../../../lib/sharing";
import { tellDone, tellFailed } from "../../../../lib/tell";
import { BrokenIntegration } from "../-broken-integration";

export const Route = createFileRoute("/_app/integrations/$id/_tabs")({ component: Integration });

function Integration() {
  const { id } = Route.useParams();
  useLiveIntegrations(id);
  const integration = useIntegration(id);
  if (integration.isError && !integration.data) {
    return <BrokenIntegration error={integration.error} onRetry={() => integration.refetch()} />;
  }
  if (!integration.data) return <LoadingPage />;
  const { name, org, username } = integration.data;
  return (
    <>
      <PageHeader
        title={name}
        crumbs={<Link to="/integrations">Integrations</Link>}
        line={
          <>
            <IntegrationState integration={integration.data} />
            <EnvironmentBadge environment={org.environment} />
            <span dir="auto">{org.name}</span>
            <span className="ellipsis" title="The Salesforce user whose sight the copy has">
              {username}
            </span>
          </>
        }
        actions={<Actions integration={integration.data} />}
      />
      <Tabs label="Parts of this integration">
        <TabLink to="/integrations/$id" params={{ id }} activeOptions={{ exact: true }}>
          Status
        </TabLink>
        <TabLink to="/integrations/$id/runs" params={{ id }}>
          Runs
        </TabLink>
        <TabLink to="/integrations/$id/rules" params={{ id }}>
          Rules
        </TabLink>
        <TabLink to="/integrations/$id/mappings" params={{ id }}>
          Mappings
        </TabLink>
        <TabLink to="/integrations/$id/timeline" params={{ id }}>
          Timeline
        </TabLink>
        <TabLink to="/integrations/$id/settings" params={{ id }}>
          Settings
        </TabLink>
      </Tabs>
      <Outlet />
    </>
  );
}

function Actions({ integration }: { integration: IntegrationBody }) {
  const { id, status, current_run } = integration;
  const member = useMember();
  const run = useRequestRun(id);
  const resume = useResumeIntegration(id);
  if (status !== "active" && status !== "needs_attention") {
    return (
      <MendButton
        integration={integration}
        role={member.role}
        resuming={resume.isPending}
        onResume={() => resume.mutate(undefined, { onSuccess: () => tellDone("Resumed."), onError: tellFailed })}
      />
    );
  }
  const reason = reasonAgainstRunning(integration, member.role) ?? (current_run ? "A run is under way." : undefined);
  return (
    <ActionButton
      data-shortcut="run"
      reason={reason}
      loading={run.isPending}
      onClick={() => run.mutate(undefined, { onError: tellFailed })}
    >
      Sync now
    </ActionButton>
  );
}
