import { useIsMutating } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { isChanged } from "../api/client";
import { draftKey, usePutDraft, useSeenDraft } from "../api/mapping-draft";
import type { NewFieldMappingBody } from "../api/types";
import { useSaveLater } from "./use-save-later";

const SAVE_AFTER_MS = 400;

/** The mappings that wait to be saved, as the server keeps them; nothing where none wait. */
export function useMappingDraft(integration: string) {
  const seen = useSeenDraft(integration);
  const isSaving = useIsMutating({ mutationKey: draftKey(integration) }) > 0;
  return {
    draft: seen.data?.draft.items ?? undefined,
    version: seen.data?.version,
    isPending: seen.isPending,
    isSaving,
    error: seen.error,
    refetch: seen.refetch,
  };
}

/**
 * Changes them. They stay on the server until the last step saves them, which starts the first sync, so that neither a closed
 * browser nor another one loses anything. What somebody else changed meanwhile is not undone: it is kept as `lost`.
 */
export function useMappingDraftEditor(integration: string) {
  const query = useSeenDraft(integration);
  const seen = useRef<string>(undefined);
  const put = usePutDraft(integration, seen);
  const [edited, setEdited] = useState<NewFieldMappingBody[]>();
  const [lost, setLost] = useState<NewFieldMappingBody[]>();
  const later = useSaveLater<NewFieldMappingBody[]>(save, SAVE_AFTER_MS);

  function save(items: NewFieldMappingBody[]) {
    put.mutate(items, {
      onSuccess: () => {
        setLost(undefined);
        setEdited((now) => (now === items ? undefined : now));
      },
      onError: (error) => isChanged(error) && setLost(items),
    });
  }

  return {
    draft: edited ?? query.data?.draft.items ?? undefined,
    /** What the server has. */
    theirs: query.data?.draft.items ?? undefined,
    change: (items: NewFieldMappingBody[]) => {
      if (!edited) seen.current = query.data?.version;
      setEdited(items);
      if (!lost) later.saveLater(items);
      else setLost(items);
    },
    isPending: query.isPending,
    isSaving: put.isPending || later.isWaiting,
    /** Saves at once what waits. */
    saveNow: later.saveNow,
    isSaved: put.isSuccess,
    loadError: query.error,
    refetch: query.refetch,
    saveError: put.isError && !isChanged(put.error) ? put.error : undefined,
    retry: () => edited && save(edited),
    /** What could not be kept because the draft is another by now. */
    lost,
    saveLost: () => {
      if (!lost) return;
      seen.current = query.data?.version;
      save(lost);
    },
    keepTheirs: () => {
      setLost(undefined);
      setEdited(undefined);
      put.reset();
    },
  };
}
