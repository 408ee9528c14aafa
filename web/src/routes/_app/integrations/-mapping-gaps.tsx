import { Button } from "@mantine/core";
import { useState } from "react";
import { useFillGap } from "../../../api/field-mappings";
import { useSObjects } from "../../../api/sobjects";
import { useAddSyncRule } from "../../../api/sync-rules";
import type { MappingGapBody } from "../../../api/types";
import { Notice, ProblemNotice } from "../../../components/problem-notice";
import { fillWords, gapWords, listOf } from "../../../lib/gap-words";
import { toProblem } from "../../../lib/problem";
import { CopyQuestion, everythingOf } from "./-copy-question";
import { useIsSetUp } from "./-rule-draft";

/** Fields that are mapped and not copied, each with what it takes to copy them. */
export function MappingGaps({ integration, gaps }: { integration: string; gaps: MappingGapBody[] }) {
  return gaps.map((gap) => <Gap key={`${gap.sobject} ${gap.fields}`} integration={integration} gap={gap} />);
}

function Gap({ integration, gap }: { integration: string; gap: MappingGapBody }) {
  const fill = useFillGap(integration);
  const add = useAddSyncRule(integration);
  const isSetUp = useIsSetUp(integration);
  const [asks, setAsks] = useState(false);
  const { sobject, fields, has_rule } = gap;
  const label = useSObjects(integration, !has_rule).data?.find(({ name }) => name === sobject)?.label ?? sobject;
  const failed = fill.error ?? add.error;
  return (
    <Notice tone="warning">
      <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px 16px" }}>
        <span style={{ flex: "1 1 260px" }}>
          <strong>{gapWords(gap)}</strong> {fillWords(gap)}
        </span>
        <Button
          size="xs"
          variant="default"
          loading={fill.isPending || add.isPending}
          disabled={isSetUp === undefined}
          onClick={() => {
            if (has_rule) fill.mutate(gap);
            else if (isSetUp) setAsks(true);
            else add.mutate(everythingOf(sobject));
          }}
        >
          {has_rule && gap.rows > 0 ? "Copy and fill now" : `Copy ${has_rule ? listOf(fields) : sobject}`}
        </Button>
      </div>
      {failed && <ProblemNotice problem={toProblem(failed)} />}
      {!has_rule && (
        <CopyQuestion
          integration={integration}
          sobject={asks ? { name: sobject, label } : undefined}
          onClose={() => setAsks(false)}
          onCopy={({ name }) => add.mutate(everythingOf(name))}
        />
      )}
    </Notice>
  );
}
