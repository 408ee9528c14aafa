import { Skeleton } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { useSyncRules } from "../../../../../api/sync-rules";
import { Card } from "../../../../../components/card";
import { EmptyState } from "../../../../../components/empty-state";
import { LinkButton } from "../../../../../components/link";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { StepFoot } from "../../../../../components/steps";
import { toProblem } from "../../../../../lib/problem";
import { RuleFields } from "../../-rule-fields";

export const Route = createFileRoute("/_app/integrations/$id/set-up/fields")({
  validateSearch: (search: Record<string, unknown>): { sobject?: string } => ({
    sobject: typeof search.sobject === "string" ? search.sobject : undefined,
  }),
  component: Fields,
});

function Fields() {
  const { id } = Route.useParams();
  const { sobject } = Route.useSearch();
  const rules = useSyncRules(id);
  const [hasNone, setHasNone] = useState(false);
  const lacks =
    rules.data?.length === 0 ? "Choose an sObject first." : hasNone ? "Tick one field at least." : undefined;
  const rule = rules.data?.find((one) => one.sobject === sobject) ?? rules.data?.[0];
  return (
    <>
      {rules.isPending && <Skeleton height={520} />}
      {rules.isError && <ProblemNotice problem={toProblem(rules.error)} onRetry={() => rules.refetch()} />}
      {rules.data?.length === 0 && (
        <Card>
          <EmptyState
            title="Choose an sObject first"
            action={
              <LinkButton to="/integrations/$id/set-up/objects" params={{ id }}>
                Choose sObjects
              </LinkButton>
            }
          >
            Its fields are listed here then.
          </EmptyState>
        </Card>
      )}
      {rule && rules.data && (
        <RuleFields key={rule.id} integration={id} rule={rule} rules={rules.data} onHasNone={setHasNone} />
      )}
      <StepFoot
        lacks={lacks}
        back={
          <LinkButton variant="default" to="/integrations/$id/set-up/objects" params={{ id }}>
            Back
          </LinkButton>
        }
      >
        <LinkButton to="/integrations/$id/set-up/mappings" params={{ id }} disabled={!rules.data?.length || hasNone}>
          Continue to mappings
        </LinkButton>
      </StepFoot>
    </>
  );
}
