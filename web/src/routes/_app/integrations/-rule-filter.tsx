import { Button, Skeleton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { useDescribe } from "../../../api/sobjects";
import { type RuleChange, usePutSyncRule, useRulePreview } from "../../../api/sync-rules";
import type { FieldBody, FilterBody, SyncRuleBody } from "../../../api/types";
import { Card } from "../../../components/card";
import { FilterBuilder } from "../../../components/filter-builder";
import { Notice, ProblemNotice } from "../../../components/problem-notice";
import { RulePreview } from "../../../components/rule-preview";
import { toProblem } from "../../../lib/problem";
import { fromFilterBody, isComplete, type SimpleFilter, toFilterBody } from "../../../lib/sync-filter";
import { useSaveLater } from "../../../lib/use-save-later";

interface RuleFilterCardProps {
  integration: string;
  rule: SyncRuleBody;
}

const SAVE_AFTER_MS = 700;

/** Which records of one sObject are copied. What is typed is saved once it is complete. */
export function RuleFilterCard({ integration, rule }: RuleFilterCardProps) {
  const describe = useDescribe(integration, rule.sobject);
  return (
    <Card title={`Which records of ${rule.label}`} aside={<code className="quiet small">{rule.sobject}</code>}>
      {describe.isPending && <Skeleton height={60} />}
      {describe.isError && <ProblemNotice problem={toProblem(describe.error)} onRetry={() => describe.refetch()} />}
      {describe.data && <FilterEditor integration={integration} rule={rule} fields={describe.data.fields} />}
    </Card>
  );
}

function FilterEditor({ integration, rule, fields }: RuleFilterCardProps & { fields: FieldBody[] }) {
  const put = usePutSyncRule(integration);
  const types = useMemo(() => new Map(fields.map(({ name, type }) => [name, type])), [fields]);
  const stored = fromFilterBody(rule.filter);
  const [filter, setFilter] = useState<SimpleFilter | undefined>(stored);
  const bodyOf = (one: SimpleFilter | undefined) => (one === undefined ? rule.filter : toFilterBody(one, types));
  const isWhole = (one: SimpleFilter | undefined) =>
    one?.conditions.every((condition) => isComplete(condition, types.get(condition.field))) ?? true;
  const complete = isWhole(filter);
  const [settled] = useDebouncedValue(
    JSON.stringify({ sobject: rule.sobject, filter: bodyOf(filter), fields: rule.fields }),
    SAVE_AFTER_MS,
  );
  const saving = useSaveLater<RuleChange>(put.mutate, SAVE_AFTER_MS);

  function change(next: SimpleFilter | undefined) {
    setFilter(next);
    if (isWhole(next)) saving.saveLater({ sobject: rule.sobject, filter: bodyOf(next), fields: rule.fields });
    else saving.forget();
  }

  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 16 }}>
      {filter === undefined ? (
        <Notice>
          <p style={{ margin: 0 }}>This filter says more than the form here can show. It stays as it is.</p>
          <Button size="xs" variant="default" mt={8} onClick={() => change({ match: "all", conditions: [] })}>
            Replace it with a simple filter
          </Button>
        </Notice>
      ) : (
        <>
          {filter.conditions.length === 0 && <p style={{ margin: 0 }}>All records. Add a condition to copy fewer.</p>}
          <FilterBuilder fields={fields} filter={filter} onChange={change} />
        </>
      )}
      {put.isError && <ProblemNotice problem={toProblem(put.error)} />}
      <Preview integration={integration} settled={settled} />
      <p className="quiet small" role="status" style={{ margin: 0 }}>
        {!complete
          ? "Not saved yet: a condition is not finished."
          : put.isPending || saving.isWaiting
            ? "Saving…"
            : put.isSuccess
              ? "Saved"
              : "\u00a0"}
      </p>
    </div>
  );
}

function Preview({ integration, settled }: { integration: string; settled: string }) {
  const draft = useMemo(
    () => JSON.parse(settled) as { sobject: string; filter: FilterBody | null; fields: string[] | null },
    [settled],
  );
  const preview = useRulePreview(integration, draft);
  if (preview.isPending) return <Skeleton height={44} />;
  if (preview.isError)
    return <ProblemNotice tone="warning" problem={toProblem(preview.error)} onRetry={() => preview.refetch()} />;
  return <RulePreview preview={preview.data} isOld={preview.isPlaceholderData} />;
}
