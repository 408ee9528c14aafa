import { createFileRoute } from "@tanstack/react-router";
import { useIntegrations } from "../../api/integrations";
import { PageHeader } from "../../components/page-header";
import { TimelineCard } from "./-timeline-card";

export const Route = createFileRoute("/_app/timeline")({
  validateSearch: (search: Record<string, unknown>): { after?: string } => ({
    after: typeof search.after === "string" ? search.after : undefined,
  }),
  component: Timeline,
});

function Timeline() {
  const { after } = Route.useSearch();
  const integrations = useIntegrations();
  const names = new Map((integrations.data ?? []).map(({ id, name }) => [id, name]));
  return (
    <>
      <PageHeader title="Timeline" line="What happened to every integration: settings, fields, connections." />
      <TimelineCard names={names} after={after} />
    </>
  );
}
