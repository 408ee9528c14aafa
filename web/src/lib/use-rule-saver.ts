import { useRef, useState } from "react";
import { isChanged } from "../api/client";
import { type RuleChange, usePutSyncRule } from "../api/sync-rules";
import type { SyncRuleBody } from "../api/types";
import { useSaveLater } from "./use-save-later";

/**
 * Saves what somebody goes on changing about a rule that they saw. What somebody else changed meanwhile is not undone: the
 * change is kept as `lost`, for the person to decide.
 */
export function useRuleSaver(integration: string, rule: SyncRuleBody, delay: number) {
  const seen = useRef(rule.version);
  const put = usePutSyncRule(integration, seen);
  const [lost, setLost] = useState<RuleChange>();
  const saving = useSaveLater<RuleChange>((change) => save(change), delay);

  function save(change: RuleChange, onSaved?: () => void) {
    put.mutate(change, {
      onSuccess: () => {
        setLost(undefined);
        onSaved?.();
      },
      onError: (error) => isChanged(error) && setLost(change),
    });
  }

  return {
    saveLater: saving.saveLater,
    /** Saves at once what somebody has decided. */
    save,
    forget: saving.forget,
    isSaving: put.isPending || saving.isWaiting,
    isSaved: put.isSuccess,
    error: put.isError && !isChanged(put.error) ? put.error : undefined,
    /** What could not be saved because the rule is another by now. */
    lost,
    /** Saves it in place of what is there now. */
    saveLost: () => {
      if (!lost) return;
      seen.current = rule.version;
      save(lost);
    },
  };
}
