import { Button, Skeleton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";
import { useIntegration } from "../../../api/integrations";
import { type RuleChange, useRulePreview } from "../../../api/sync-rules";
import { ProblemNotice } from "../../../components/problem-notice";
import { RulePreview } from "../../../components/rule-preview";
import { toProblem } from "../../../lib/problem";

const ASK_AFTER_MS = 700;

/** Whether an integration's rules are synced, so that a change of one is more than a draft. Unknown until it is there. */
export function useIsSetUp(integration: string): boolean | undefined {
  const status = useIntegration(integration).data?.status;
  return status && status !== "incomplete";
}

interface RuleDraftPreviewProps {
  integration: string;
  draft: RuleChange;
}

/** What a rule would bring and cost as it stands on the page, asked for when nothing has changed for a moment. */
export function RuleDraftPreview({ integration, draft }: RuleDraftPreviewProps) {
  const [settled] = useDebouncedValue(JSON.stringify(draft), ASK_AFTER_MS);
  const asked = useMemo(() => JSON.parse(settled) as RuleChange, [settled]);
  const preview = useRulePreview(integration, asked);
  if (preview.isPending) return <Skeleton height={44} />;
  if (preview.isError)
    return <ProblemNotice tone="warning" problem={toProblem(preview.error)} onRetry={() => preview.refetch()} />;
  return <RulePreview preview={preview.data} isOld={preview.isPlaceholderData} />;
}

interface DraftButtonsProps {
  save: string;
  isTouched: boolean;
  isSaving: boolean;
  /** Whether what stands there can be saved. */
  canSave: boolean;
  onSave: () => void;
  onUndo: () => void;
}

/** Saves a change of what is synced, or leaves it. */
export function DraftButtons({ save, isTouched, isSaving, canSave, onSave, onUndo }: DraftButtonsProps) {
  return (
    <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 12 }}>
      <Button variant="default" loading={isSaving} disabled={!isTouched || !canSave} onClick={onSave}>
        {save}
      </Button>
      {isTouched && (
        <Button variant="subtle" color="gray" onClick={onUndo}>
          Undo changes
        </Button>
      )}
    </div>
  );
}
