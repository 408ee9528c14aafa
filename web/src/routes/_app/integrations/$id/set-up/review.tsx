import { Button, Skeleton } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useEntities, useFieldMappings, usePutFieldMappings } from "../../../../../api/field-mappings";
import { useIntegration } from "../../../../../api/integrations";
import { rulePreviewQuery, useSyncRules } from "../../../../../api/sync-rules";
import type { IntegrationBody, SyncRuleBody, SyncRulePreview } from "../../../../../api/types";
import { Card, Sections } from "../../../../../components/card";
import { Figure, Figures } from "../../../../../components/figures";
import { LinkButton } from "../../../../../components/link";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { ReviewTable } from "../../../../../components/review-table";
import { StepFoot } from "../../../../../components/steps";
import { formatCount, formatNumber } from "../../../../../lib/format";
import { finished } from "../../../../../lib/mappings";
import { toProblem } from "../../../../../lib/problem";
import { tellDone } from "../../../../../lib/tell";
import { useMappingDraft } from "../../../../../lib/use-mapping-draft";

export const Route = createFileRoute("/_app/integrations/$id/set-up/review")({ component: Review });

function Review() {
  const { id } = Route.useParams();
  const integration = useIntegration(id);
  const rules = useSyncRules(id);
  if (rules.isError) return <ProblemNotice problem={toProblem(rules.error)} onRetry={() => rules.refetch()} />;
  if (!rules.data || !integration.data) return <Skeleton height={320} />;
  return <ReviewOf integration={integration.data} rules={rules.data} />;
}

function ReviewOf({ integration, rules }: { integration: IntegrationBody; rules: SyncRuleBody[] }) {
  const { id } = integration;
  const navigate = useNavigate();
  const saved = useFieldMappings(id);
  const entities = useEntities();
  const { draft, isPending, isSaving } = useMappingDraft(id);
  const put = usePutFieldMappings(id);
  const previews = useQueries({ queries: rules.map((rule) => rulePreviewQuery(id, rule)) });
  const known = previews.flatMap(({ data }) => (data ? [data] : []));
  const mappings = draft ?? saved.data ?? [];
  const missing = (entities.data ?? [])
    .filter((entity) => mappings.some((mapping) => mapping.entity === entity.name))
    .flatMap((entity) =>
      entity.properties
        .filter(
          ({ name, required }) =>
            required && !mappings.some((one) => one.entity === entity.name && one.property === name),
        )
        .map(({ label }) => `${entity.label}: ${label}`),
    );
  const lacks =
    rules.length === 0 ? "Choose an sObject first." : mappings.length === 0 ? "Map one field first." : undefined;

  function save() {
    put.mutate(
      { items: finished(mappings) },
      {
        onSuccess: () => {
          tellDone(integration.status === "incomplete" ? "Saved. The first sync starts now." : "Saved.");
          navigate({ to: "/integrations/$id", params: { id } });
        },
      },
    );
  }

  return (
    <>
      <Sections>
        <Card title="What will happen">
          <p style={{ marginTop: 0, fontSize: 16, fontWeight: 500 }}>
            {outlook(
              rules,
              known,
              previews.some(({ isPending }) => isPending),
            )}
          </p>
          <Figures>
            <Figure label="Owner group" value={integration.group?.name ?? "The whole workspace"} />
            <Figure label="sObjects" value={formatNumber(rules.length)} />
            <Figure label="Fields" value={fieldsOf(rules)} />
            <Figure label="Mapped fields" value={formatNumber(mappings.length)} />
            <Figure label="Calls for the first load" value={`≈ ${formatNumber(sum(known, "calls_first_load"))}`} />
            <Figure label="Calls a day after that" value={`≈ ${formatNumber(sum(known, "calls_per_day"))}`} />
          </Figures>
        </Card>
        <Card title="What is copied" flush>
          <ReviewTable rules={rules} previews={previews.map(({ data }) => data)} />
        </Card>
        {missing.length > 0 && (
          <ProblemNotice
            tone="warning"
            problem={{
              title: "Required properties without a field",
              detail: `${missing.join(", ")}. You can save and map them later.`,
            }}
          />
        )}
        {put.isError && <ProblemNotice problem={toProblem(put.error)} onRetry={save} />}
      </Sections>
      <StepFoot
        back={
          <LinkButton variant="default" to="/integrations/$id/set-up/mappings" params={{ id }}>
            Back
          </LinkButton>
        }
      >
        {lacks && (
          <span className="quiet" style={{ alignSelf: "center" }}>
            {lacks}
          </span>
        )}
        <Button onClick={save} loading={put.isPending || isSaving} disabled={lacks !== undefined || isPending}>
          {integration.status === "incomplete" ? "Save and start the first sync" : "Save"}
        </Button>
      </StepFoot>
    </>
  );
}

function sum(previews: SyncRulePreview[], key: "calls_first_load" | "calls_per_day"): number {
  return previews.reduce((total, preview) => total + preview[key], 0);
}

function outlook(rules: SyncRuleBody[], previews: SyncRulePreview[], isPending: boolean): string {
  if (isPending) return "Counting in Salesforce…";
  const counted = previews.filter(({ count }) => count !== null);
  const records = counted.reduce((total, { count }) => total + (count ?? 0), 0);
  const uncounted = rules.length - counted.length;
  const rest = uncounted > 0 ? `, and of ${formatCount(uncounted, "sObject")} as many as there are` : "";
  return `${formatCount(records, "record")} of ${formatCount(rules.length, "sObject")} are copied${rest}. Salesforce is only read.`;
}

/** How many fields are chosen, where they are chosen one by one. */
function fieldsOf(rules: SyncRuleBody[]): string {
  if (rules.some(({ fields }) => fields === null)) return "all";
  return formatNumber(rules.reduce((total, { fields }) => total + (fields?.length ?? 0), 0));
}
