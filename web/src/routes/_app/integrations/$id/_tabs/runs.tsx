import { Button } from "@mantine/core";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useIntegrationRuns } from "../../../../../api/runs";
import { Card } from "../../../../../components/card";
import { EmptyState } from "../../../../../components/empty-state";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { RunTable } from "../../../../../components/run-table";
import { TableSkeleton } from "../../../../../components/table";
import { toProblem } from "../../../../../lib/problem";

export const Route = createFileRoute("/_app/integrations/$id/_tabs/runs")({
  validateSearch: (search: Record<string, unknown>): { after?: string } => ({
    after: typeof search.after === "string" ? search.after : undefined,
  }),
  component: Runs,
});

function Runs() {
  const { id } = Route.useParams();
  const { after } = Route.useSearch();
  const navigate = useNavigate();
  const runs = useIntegrationRuns(id, after);
  const next = runs.data?.next;
  const go = (to: string | undefined) =>
    navigate({ to: "/integrations/$id/runs", params: { id }, search: { after: to } });
  return (
    <>
      <Card flush>
        {runs.isPending && (
          <TableSkeleton columns={["Started", "Outcome", "Read", "New", "Changed", "Calls", "Took"]} />
        )}
        {runs.isError && <ProblemNotice problem={toProblem(runs.error)} onRetry={() => runs.refetch()} />}
        {runs.data?.items.length === 0 && (
          <EmptyState title="No run yet">Each sync is listed here once one has begun.</EmptyState>
        )}
        {runs.data && runs.data.items.length > 0 && <RunTable runs={runs.data.items} />}
      </Card>
      {(after || next) && (
        <div style={{ display: "flex", gap: 8, marginTop: 16 }}>
          <Button size="xs" variant="default" disabled={!after} onClick={() => go(undefined)}>
            Newest
          </Button>
          <Button size="xs" variant="default" disabled={!next} onClick={() => next && go(next)}>
            Older
          </Button>
        </div>
      )}
    </>
  );
}
