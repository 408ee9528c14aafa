import { Skeleton } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { useSyncRules } from "../../../../../api/sync-rules";
import { Card, Sections } from "../../../../../components/card";
import { EmptyState } from "../../../../../components/empty-state";
import { LinkButton } from "../../../../../components/link";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { StepFoot } from "../../../../../components/steps";
import { toProblem } from "../../../../../lib/problem";
import { RuleEditorCard } from "../../-rule-editor";
import { SObjectPickerCard } from "../../-sobject-picker";

export const Route = createFileRoute("/_app/integrations/$id/set-up/objects")({ component: Objects });

function Objects() {
  const { id } = Route.useParams();
  const rules = useSyncRules(id);
  const lacks = rules.data?.length === 0 ? "Choose an sObject first." : undefined;
  return (
    <>
      <Sections>
        <SObjectPickerCard integration={id} rules={rules.data ?? []} />
        {rules.isPending && <Skeleton height={120} />}
        {rules.isError && <ProblemNotice problem={toProblem(rules.error)} onRetry={() => rules.refetch()} />}
        {rules.data?.length === 0 && (
          <Card title="Which records">
            <EmptyState title="No sObject chosen yet">
              Tick what to copy above. Each then gets a filter here; without one, all its records are copied.
            </EmptyState>
          </Card>
        )}
        {rules.data?.map((rule) => (
          <RuleEditorCard key={rule.id} integration={id} rule={rule} />
        ))}
      </Sections>
      <StepFoot lacks={lacks}>
        <LinkButton to="/integrations/$id/set-up/fields" params={{ id }} disabled={!rules.data?.length}>
          Continue to fields
        </LinkButton>
      </StepFoot>
    </>
  );
}
