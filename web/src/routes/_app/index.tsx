import { Skeleton } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { useLiveIntegrations } from "../../api/events";
import { useIntegrations, useResumeIntegration } from "../../api/integrations";
import { useLimits } from "../../api/limits";
import { useRuns } from "../../api/runs";
import { useMember } from "../../api/session";
import { useTimeline } from "../../api/timeline";
import type { IntegrationBody } from "../../api/types";
import { ShortApiMeter } from "../../components/api-meter";
import { Card, Sections } from "../../components/card";
import { EmptyState } from "../../components/empty-state";
import { Figure, Figures } from "../../components/figures";
import { IntegrationLine } from "../../components/integration-line";
import { Link, LinkButton } from "../../components/link";
import { MendButton } from "../../components/mend-button";
import { PageHeader } from "../../components/page-header";
import { ProblemNotice } from "../../components/problem-notice";
import { RunTable } from "../../components/run-table";
import { TableSkeleton } from "../../components/table";
import { TimelineList } from "../../components/timeline-list";
import { formatNumber } from "../../lib/format";
import { toProblem } from "../../lib/problem";
import { isAtLeast } from "../../lib/roles";
import { tellFailed } from "../../lib/tell";

export const Route = createFileRoute("/_app/")({ component: Home });

const RUNS_SHOWN = 10;
const ENTRIES_SHOWN = 10;

function Home() {
  useLiveIntegrations();
  const integrations = useIntegrations();
  const member = useMember();
  const all = integrations.data ?? [];
  return (
    <>
      <PageHeader title="Home" line={integrations.data && summary(all)} />
      <Sections>
        {integrations.isError && (
          <ProblemNotice problem={toProblem(integrations.error)} onRetry={() => integrations.refetch()} />
        )}
        {integrations.isPending && <HomeSkeleton />}
        {integrations.data?.length === 0 && <NothingYet mayConnect={isAtLeast(member.role, "admin")} />}
        {all.length > 0 && (
          <>
            <Card>
              <Totals integrations={all} />
            </Card>
            <Card title="Integrations" flush>
              {all.map((integration) => (
                <HomeIntegration key={integration.id} integration={integration} />
              ))}
            </Card>
            <LastRuns names={new Map(all.map(({ id, name }) => [id, name]))} />
            <LastEntries names={new Map(all.map(({ id, name }) => [id, name]))} />
          </>
        )}
      </Sections>
    </>
  );
}

function summary(integrations: IntegrationBody[]): string {
  if (integrations.length === 0) return "Nothing is connected yet.";
  const troubled = integrations.filter(({ status }) => status === "needs_reconnect" || status === "needs_attention");
  if (troubled.length === 0) return "Nothing is wrong.";
  return troubled.length === 1
    ? `${troubled[0]?.name} needs you.`
    : `${formatNumber(troubled.length)} integrations need you.`;
}

function Totals({ integrations }: { integrations: IntegrationBody[] }) {
  const sum = (count: (integration: IntegrationBody) => number) =>
    formatNumber(integrations.reduce((total, integration) => total + count(integration), 0));
  return (
    <Figures>
      <Figure label="Records in the copy" value={sum(({ rows }) => rows)} />
      <Figure label="API calls today" value={sum(({ calls_today }) => calls_today)} note="since midnight UTC" />
      <Figure label="Integrations" value={formatNumber(integrations.length)} />
      <Figure label="sObjects copied" value={sum(({ rules_count }) => rules_count)} />
    </Figures>
  );
}

function HomeIntegration({ integration }: { integration: IntegrationBody }) {
  const member = useMember();
  const resume = useResumeIntegration(integration.id);
  return (
    <IntegrationLine
      integration={integration}
      meter={<Calls integration={integration.id} />}
      action={
        <MendButton
          integration={integration}
          role={member.role}
          resuming={resume.isPending}
          onResume={() => resume.mutate(undefined, { onError: tellFailed })}
        />
      }
    />
  );
}

/** The meter of the org's calls; it is missing until the org has told its limit. */
function Calls({ integration }: { integration: string }) {
  const limits = useLimits(integration);
  return limits.data ? <ShortApiMeter limits={limits.data} /> : null;
}

function LastRuns({ names }: { names: Map<string, string> }) {
  const runs = useRuns(RUNS_SHOWN);
  return (
    <Card title="Last runs" flush>
      {runs.isPending && <TableSkeleton columns={["Started", "Integration", "Outcome", "Records read"]} />}
      {runs.isError && <ProblemNotice problem={toProblem(runs.error)} onRetry={() => runs.refetch()} />}
      {runs.data?.length === 0 && (
        <EmptyState title="No run yet">Each sync is listed here once one has begun.</EmptyState>
      )}
      {runs.data && runs.data.length > 0 && <RunTable runs={runs.data} names={names} />}
    </Card>
  );
}

function LastEntries({ names }: { names: Map<string, string> }) {
  const timeline = useTimeline({ limit: ENTRIES_SHOWN });
  return (
    <Card title="What happened" flush aside={<Link to="/timeline">All of it</Link>}>
      {timeline.isPending && <TableSkeleton columns={["What", "When"]} />}
      {timeline.isError && <ProblemNotice problem={toProblem(timeline.error)} onRetry={() => timeline.refetch()} />}
      {timeline.data?.items.length === 0 && (
        <EmptyState title="Nothing yet">Changes of settings, fields and connections are listed here.</EmptyState>
      )}
      {timeline.data && timeline.data.items.length > 0 && <TimelineList entries={timeline.data.items} names={names} />}
    </Card>
  );
}

function NothingYet({ mayConnect }: { mayConnect: boolean }) {
  return (
    <Card>
      <EmptyState
        icon={<IconPlugConnected size={32} stroke={1.5} aria-hidden />}
        title="Connect your first org"
        action={mayConnect && <LinkButton to="/integrations/new">Connect Salesforce</LinkButton>}
      >
        {mayConnect
          ? "Sign in at Salesforce, choose what to copy, and the first records are here in minutes. You need a Salesforce user who may use the API and see what you want to copy."
          : "An admin or owner of this workspace connects orgs. Once one has, you see here how fresh the copy is."}
      </EmptyState>
    </Card>
  );
}

function HomeSkeleton() {
  return (
    <Card title="Integrations">
      <Skeleton height={14} width="30%" mb={10} />
      <Skeleton height={12} width="55%" mb={24} />
      <Skeleton height={14} width="26%" mb={10} />
      <Skeleton height={12} width="48%" />
    </Card>
  );
}
