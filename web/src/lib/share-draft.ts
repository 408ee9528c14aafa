import { useIsMutating } from "@tanstack/react-query";
import { isChanged } from "../api/client";
import { sharesDraftKey, useDeleteSharesDraft, usePutSharesDraft, useSharesDraft } from "../api/set-up";
import { tellFailed } from "./tell";

/** Groups chosen but not saved yet, and the version that they were chosen on. */
export interface ShareDraft {
  /** The group that owns it; null for the whole workspace. */
  group_id: string | null;
  groups: string[];
  seen: string;
}

/**
 * Who shall have access. It stays on the server until the review saves it, so that another browser goes on with it, and nobody
 * gains or loses access before.
 */
export function useShareDraft(integration: string) {
  const query = useSharesDraft(integration);
  const put = usePutSharesDraft(integration);
  const remove = useDeleteSharesDraft(integration);
  // Also of a page that was just left.
  const isSaving = useIsMutating({ mutationKey: sharesDraftKey(integration) }) > 0;
  const theirs = query.data?.draft.choice ?? null;
  const wanted = put.isPending || put.isError ? put.variables : undefined;
  const lost = isChanged(put.error) ? put.variables : undefined;
  return {
    /** What is chosen, be it on its way to the server still. */
    shareDraft: (wanted && !lost ? wanted : theirs) as ShareDraft | null,
    isPending: query.isPending,
    isSaving,
    isSaved: put.isSuccess,
    loadError: query.error,
    refetch: query.refetch,
    saveError: put.isError && !lost ? put.error : undefined,
    setShareDraft: (draft: ShareDraft) => put.mutate(draft),
    clearShareDraft: () => {
      put.reset();
      // A colleague's that came meanwhile stays, and whoever meant to throw it away is told.
      remove.mutate(undefined, { onError: tellFailed });
    },
    /** What could not be kept because a colleague chose otherwise meanwhile. */
    lost,
    saveLost: () => lost && put.mutate(lost),
    keepTheirs: () => put.reset(),
  };
}
