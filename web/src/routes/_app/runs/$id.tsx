import { createFileRoute } from "@tanstack/react-router";
import { useIntegration } from "../../../api/integrations";
import { useCancelRun, useRowErrors, useRun } from "../../../api/runs";
import { useMember } from "../../../api/session";
import type { RunBody } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { BrokenPage } from "../../../components/broken-page";
import { Card, Sections } from "../../../components/card";
import { CopyText } from "../../../components/copy-text";
import { EmptyState } from "../../../components/empty-state";
import { Link } from "../../../components/link";
import { LoadingPage } from "../../../components/loading-page";
import { PageHeader } from "../../../components/page-header";
import { ProblemLine } from "../../../components/problem-line";
import { ProblemNotice } from "../../../components/problem-notice";
import { RowErrorTable } from "../../../components/row-error-table";
import { RunProgress } from "../../../components/run-progress";
import { TableSkeleton } from "../../../components/table";
import { formatInstant, formatShortInstant } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { reasonAgainstRunning } from "../../../lib/sharing";
import { tellFailed } from "../../../lib/tell";

export const Route = createFileRoute("/_app/runs/$id")({ component: Run });

function Run() {
  const { id } = Route.useParams();
  const run = useRun(id);
  if (run.isError && !run.data)
    return <BrokenPage title="Run" problem={toProblem(run.error)} onRetry={() => run.refetch()} />;
  if (!run.data) return <LoadingPage />;
  return <RunPage run={run.data} />;
}

function RunPage({ run }: { run: RunBody }) {
  const integration = useIntegration(run.integration_id);
  const name = integration.data?.name ?? "Integration";
  const params = { id: run.integration_id };
  const problems = [
    run.problem,
    ...run.rules.map((rule) => rule.problem && { ...rule.problem, text: `${rule.sobject}: ${rule.problem.text}` }),
  ];
  const present = problems.filter((problem) => problem !== null);
  return (
    <>
      <PageHeader
        title={`Run of ${formatShortInstant(run.started_at)}`}
        actions={run.finished_at === null && <CancelButton run={run} />}
        crumbs={
          <>
            <Link to="/integrations">Integrations</Link>
            <span aria-hidden>/</span>
            <Link to="/integrations/$id" params={params} dir="auto">
              {name}
            </Link>
            <span aria-hidden>/</span>
            <Link to="/integrations/$id/runs" params={params}>
              Runs
            </Link>
          </>
        }
        line={
          <>
            <span>
              {formatInstant(run.started_at)}
              {run.finished_at && ` to ${formatInstant(run.finished_at)}`}
            </span>
            <span style={{ display: "inline-flex", alignItems: "center" }}>
              <code className="small">{run.id}</code>
              <CopyText value={run.id} label="Copy the run's id" />
            </span>
          </>
        }
      />
      <Sections>
        {present.length > 0 && (
          <Card title="What went wrong">
            <div style={{ display: "flex", flexDirection: "column", gap: 12 }}>
              {present.map((problem) => (
                <ProblemLine key={problem.code + problem.text} problem={problem} />
              ))}
            </div>
          </Card>
        )}
        <RunProgress run={run} title={run.finished_at ? "What it did" : "Running"} />
        <RowErrors run={run} />
      </Sections>
    </>
  );
}

/** Stops a run that is under way. */
function CancelButton({ run }: { run: RunBody }) {
  const member = useMember();
  const integration = useIntegration(run.integration_id);
  const cancel = useCancelRun();
  return (
    <ActionButton
      variant="default"
      reason={integration.data ? reasonAgainstRunning(integration.data, member.role) : "One moment."}
      loading={cancel.isPending}
      onClick={() => cancel.mutate(run.id, { onError: tellFailed })}
    >
      Cancel this run
    </ActionButton>
  );
}

function RowErrors({ run }: { run: RunBody }) {
  const errors = useRowErrors(run.id);
  return (
    <Card title="Row errors" flush>
      {errors.isPending && <TableSkeleton columns={["Record", "Field", "What happened", "When"]} rows={2} />}
      {errors.isError && <ProblemNotice problem={toProblem(errors.error)} onRetry={() => errors.refetch()} />}
      {errors.data?.length === 0 && <EmptyState title="None">Every record that was read could be stored.</EmptyState>}
      {errors.data && errors.data.length > 0 && <RowErrorTable integration={run.integration_id} errors={errors.data} />}
    </Card>
  );
}
