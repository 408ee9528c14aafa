import { Button } from "@mantine/core";
import { useFillGap } from "../../../api/field-mappings";
import { useAddSyncRule } from "../../../api/sync-rules";
import type { MappingGapBody } from "../../../api/types";
import { Notice, ProblemNotice } from "../../../components/problem-notice";
import { formatCount } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";

/** Fields that are mapped and not copied, each with what it takes to copy them. */
export function MappingGaps({ integration, gaps }: { integration: string; gaps: MappingGapBody[] }) {
  return gaps.map((gap) => <Gap key={`${gap.sobject} ${gap.fields}`} integration={integration} gap={gap} />);
}

function Gap({ integration, gap }: { integration: string; gap: MappingGapBody }) {
  const fill = useFillGap(integration);
  const add = useAddSyncRule(integration);
  const { sobject, fields, has_rule } = gap;
  const failed = fill.error ?? add.error;
  return (
    <Notice tone="warning">
      <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px 16px" }}>
        <span style={{ flex: "1 1 260px" }}>
          <strong>
            {has_rule ? `${listOf(fields)} of ${sobject} is not copied yet.` : `${sobject} is not copied yet.`}
          </strong>{" "}
          {fillWords(gap)}
        </span>
        <Button
          size="xs"
          variant="default"
          loading={fill.isPending || add.isPending}
          onClick={() => (has_rule ? fill.mutate(gap) : add.mutate({ sobject, filter: null, fields: null }))}
        >
          {has_rule && gap.rows > 0 ? "Copy and fill now" : `Copy ${has_rule ? listOf(fields) : sobject}`}
        </Button>
      </div>
      {failed && <ProblemNotice problem={toProblem(failed)} />}
    </Notice>
  );
}

function fillWords({ has_rule, rows, calls, fields }: MappingGapBody): string {
  if (!has_rule) return `Its ${formatCount(fields.length, "mapped field")} stay empty until a rule copies it.`;
  if (rows === 0) return "Properties that it feeds stay empty until it is.";
  return `${formatCount(rows, "existing record")} can be filled with about ${formatCount(calls, "API call")}.`;
}

function listOf(fields: string[]): string {
  if (fields.length <= 3) return fields.join(", ");
  return `${fields.slice(0, 2).join(", ")} and ${fields.length - 2} more`;
}
