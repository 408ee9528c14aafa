import { createFileRoute } from "@tanstack/react-router";
import { useIntegration } from "../../../../../api/integrations";
import { useMember } from "../../../../../api/session";
import { useDrift, useRequestSweep } from "../../../../../api/sweeps";
import { useSyncRules } from "../../../../../api/sync-rules";
import type { IntegrationBody, ProblemBody } from "../../../../../api/types";
import { ActionButton } from "../../../../../components/action-button";
import { Card, Sections } from "../../../../../components/card";
import { DriftTable } from "../../../../../components/drift-table";
import { EmptyState } from "../../../../../components/empty-state";
import { Figure, Figures } from "../../../../../components/figures";
import { missingWords } from "../../../../../components/integration-line";
import { Link, LinkButton } from "../../../../../components/link";
import { ProblemLine } from "../../../../../components/problem-line";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { RuleFreshnessTable } from "../../../../../components/rule-freshness-table";
import { RunProgress } from "../../../../../components/run-progress";
import { Dash, TableSkeleton } from "../../../../../components/table";
import { TimeAgo } from "../../../../../components/time-ago";
import { formatNumber } from "../../../../../lib/format";
import { toProblem } from "../../../../../lib/problem";
import { reasonAgainstRunning } from "../../../../../lib/sharing";
import { tellDone, tellFailed } from "../../../../../lib/tell";
import { LimitsCard } from "../../-limits-card";
import { RowErrorCards } from "../../-row-error-cards";

export const Route = createFileRoute("/_app/integrations/$id/_tabs/")({ component: Status });

function Status() {
  const { id } = Route.useParams();
  const { data: integration } = useIntegration(id);
  const rules = useSyncRules(id);
  if (!integration) return null;
  const run = integration.current_run ?? integration.last_run;
  return (
    <Sections>
      {integration.problems.length > 0 && (
        <Card title="What is wrong">
          <div style={{ display: "flex", flexDirection: "column", gap: 12 }}>
            {integration.problems.map((problem) => (
              <ProblemLine
                key={problem.code + problem.text}
                problem={problem}
                instanceUrl={integration.org.instance_url}
                action={<Mend id={id} action={problem.action} />}
              />
            ))}
          </div>
        </Card>
      )}
      <RowErrorCards integration={integration} />
      {run ? (
        <RunProgress
          run={run}
          title={integration.current_run ? "Syncing now" : "Last run"}
          aside={
            <Link to="/runs/$id" params={{ id: run.id }}>
              Open this run
            </Link>
          }
        />
      ) : (
        <Card>
          <EmptyState title="No run yet">
            {integration.missing.length > 0 ? missingWords(integration.missing) : "The first sync starts in a moment."}
          </EmptyState>
        </Card>
      )}
      <Card title="The copy">
        <CopyFigures integration={integration} />
      </Card>
      <Card title="Each sObject" flush>
        {rules.isPending && <TableSkeleton columns={["sObject", "Records", "Complete until", "State"]} />}
        {rules.isError && <ProblemNotice problem={toProblem(rules.error)} onRetry={() => rules.refetch()} />}
        {rules.data?.length === 0 && (
          <EmptyState title="Nothing is copied yet">Choose sObjects on the tab Rules.</EmptyState>
        )}
        {rules.data && rules.data.length > 0 && (
          <RuleFreshnessTable integration={id} rules={rules.data} lastRun={integration.last_run} />
        )}
      </Card>
      <Drift integration={integration} />
      <LimitsCard integration={id} />
    </Sections>
  );
}

function Drift({ integration }: { integration: IntegrationBody }) {
  const { id } = integration;
  const drift = useDrift(id);
  const member = useMember();
  const sweep = useRequestSweep(id);
  if (drift.data?.length === 0) return null;
  return (
    <Card
      title="Compared with the org"
      flush
      aside={
        <ActionButton
          size="xs"
          variant="default"
          loading={sweep.isPending}
          reason={reasonAgainstRunning(integration, member.role)}
          onClick={() =>
            sweep.mutate(undefined, { onSuccess: () => tellDone("The comparison has begun."), onError: tellFailed })
          }
        >
          Compare now
        </ActionButton>
      }
    >
      {drift.isPending && <TableSkeleton columns={["sObject", "Result", "In the org", "In the copy"]} rows={2} />}
      {drift.isError && <ProblemNotice problem={toProblem(drift.error)} onRetry={() => drift.refetch()} />}
      {drift.data && <DriftTable rules={drift.data} />}
    </Card>
  );
}

function CopyFigures({ integration }: { integration: IntegrationBody }) {
  const { rows, complete_until, next_run_at, calls_today, rules_count, mappings_count } = integration;
  return (
    <Figures>
      <Figure label="Records" value={formatNumber(rows)} note={`of ${formatNumber(rules_count)} sObjects`} />
      <Figure
        label="Complete until"
        value={complete_until ? <TimeAgo at={complete_until} /> : <Dash />}
        note="a margin for changes that Salesforce shows late"
      />
      <Figure label="Next run" value={next_run_at ? <TimeAgo at={next_run_at} /> : <Dash />} />
      <Figure label="API calls today" value={formatNumber(calls_today)} note="since midnight UTC" />
      <Figure label="Mapped fields" value={formatNumber(mappings_count)} />
    </Figures>
  );
}

function Mend({ id, action }: { id: string; action: ProblemBody["action"] }) {
  const params = { id };
  switch (action) {
    case "reconnect":
      return (
        <LinkButton size="xs" to="/integrations/$id/settings" params={params}>
          Reconnect
        </LinkButton>
      );
    case "rules":
      return (
        <LinkButton size="xs" variant="default" to="/integrations/$id/rules" params={params}>
          Open the rules
        </LinkButton>
      );
    case "mappings":
      return (
        <LinkButton size="xs" variant="default" to="/integrations/$id/mappings" params={params}>
          Open the mappings
        </LinkButton>
      );
    default:
      return null;
  }
}
