import { createFileRoute } from "@tanstack/react-router";
import { useIntegration } from "../../../../../api/integrations";
import { useMember } from "../../../../../api/session";
import { useReloadSyncRule, useSyncRules } from "../../../../../api/sync-rules";
import { ActionButton } from "../../../../../components/action-button";
import { Card } from "../../../../../components/card";
import { EmptyState } from "../../../../../components/empty-state";
import { LinkButton } from "../../../../../components/link";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { RuleTable } from "../../../../../components/rule-table";
import { TableSkeleton } from "../../../../../components/table";
import { toProblem } from "../../../../../lib/problem";
import { reasonAgainst } from "../../../../../lib/roles";
import { reasonAgainstRunning } from "../../../../../lib/sharing";
import { tellDone, tellFailed } from "../../../../../lib/tell";

export const Route = createFileRoute("/_app/integrations/$id/_tabs/rules")({ component: Rules });

function Rules() {
  const { id } = Route.useParams();
  const member = useMember();
  const rules = useSyncRules(id);
  const integration = useIntegration(id);
  const reload = useReloadSyncRule(id);
  const reason = reasonAgainst(member.role, "admin");
  const change = reason ? (
    <ActionButton size="xs" variant="default" reason={reason} onClick={() => {}}>
      Change objects and filters
    </ActionButton>
  ) : (
    <span style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
      <LinkButton size="xs" variant="default" to="/integrations/$id/set-up/objects" params={{ id }}>
        Change objects and filters
      </LinkButton>
      <LinkButton size="xs" variant="default" to="/integrations/$id/set-up/fields" params={{ id }}>
        Change fields
      </LinkButton>
    </span>
  );
  return (
    <Card title="Sync rules" aside={change} flush>
      {rules.isPending && (
        <TableSkeleton columns={["sObject", "Which records", "Fields", "Looks for changes", "Records"]} />
      )}
      {rules.isError && <ProblemNotice problem={toProblem(rules.error)} onRetry={() => rules.refetch()} />}
      {rules.data?.length === 0 && (
        <EmptyState title="Nothing is copied yet">
          A sync rule says which sObject to copy, which records and which fields.
        </EmptyState>
      )}
      {rules.data && rules.data.length > 0 && (
        <RuleTable
          rules={rules.data}
          reason={integration.data ? reasonAgainstRunning(integration.data, member.role) : "One moment."}
          reloading={reload.isPending ? reload.variables : undefined}
          onReload={(sobject) =>
            reload.mutate(sobject, {
              onSuccess: () => tellDone(`${sobject} is read from the first record to the last.`),
              onError: tellFailed,
            })
          }
        />
      )}
    </Card>
  );
}
