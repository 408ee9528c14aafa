import { createFileRoute } from "@tanstack/react-router";
import { TimelineCard } from "../../../-timeline-card";

export const Route = createFileRoute("/_app/integrations/$id/_tabs/timeline")({
  validateSearch: (search: Record<string, unknown>): { after?: string } => ({
    after: typeof search.after === "string" ? search.after : undefined,
  }),
  component: Timeline,
});

function Timeline() {
  const { id } = Route.useParams();
  const { after } = Route.useSearch();
  return <TimelineCard integration={id} after={after} />;
}
