import { useNavigate } from "@tanstack/react-router";
import { useTimeline } from "../../api/timeline";
import { Card } from "../../components/card";
import { EmptyState } from "../../components/empty-state";
import { Pager } from "../../components/pager";
import { ProblemNotice } from "../../components/problem-notice";
import { TableSkeleton } from "../../components/table";
import { TimelineList } from "../../components/timeline-list";
import { formatCount } from "../../lib/format";
import { toProblem } from "../../lib/problem";

interface TimelineCardProps {
  integration?: string;
  names?: ReadonlyMap<string, string>;
  after?: string;
}

/** The timeline a page at a time; the address says which page. */
export function TimelineCard({ integration, names, after }: TimelineCardProps) {
  const timeline = useTimeline({ integration, after });
  const navigate = useNavigate();
  const next = timeline.data?.next ?? undefined;
  const goTo = (page: string | undefined) => navigate({ to: ".", search: { after: page } });
  return (
    <Card title="What happened" flush>
      {timeline.isPending && <TableSkeleton columns={["What", "When"]} />}
      {timeline.isError && <ProblemNotice problem={toProblem(timeline.error)} onRetry={() => timeline.refetch()} />}
      {timeline.data?.items.length === 0 && (
        <EmptyState title="Nothing yet">
          Every change of settings, of the org's fields and of the connection is listed here, with who did it.
        </EmptyState>
      )}
      {timeline.data && timeline.data.items.length > 0 && (
        <>
          <TimelineList entries={timeline.data.items} names={names} />
          {(after || next) && (
            <Pager
              words={formatCount(timeline.data.items.length, "entry", "entries")}
              onPrevious={after ? () => goTo(undefined) : undefined}
              onNext={next ? () => goTo(next) : undefined}
            />
          )}
        </>
      )}
    </Card>
  );
}
