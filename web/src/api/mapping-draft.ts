import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { RefObject } from "react";
import { callForVersion } from "./client";
import { findFieldMappingsDraft, putFieldMappingsDraft } from "./generated";
import type { FieldMappingsDraft, NewFieldMappingBody } from "./types";

export const draftKey = (integration: string) => ["mapping-draft", integration];

/** Mappings that are not saved yet, and which version of them. */
interface SeenDraft {
  draft: FieldMappingsDraft;
  version: string | undefined;
}

export function useSeenDraft(integration: string) {
  return useQuery({
    queryKey: draftKey(integration),
    queryFn: async (): Promise<SeenDraft> => {
      const { body, version } = await callForVersion(findFieldMappingsDraft({ path: { id: integration } }));
      return { draft: body, version };
    },
  });
}

/** Keeps mappings on the server; those that somebody else changed since they were `seen` are not undone. */
export function usePutDraft(integration: string, seen: RefObject<string | undefined>) {
  const cache = useQueryClient();
  return useMutation({
    mutationKey: draftKey(integration),
    // One after the other: each goes by the version that the one before left.
    scope: { id: `mapping-draft-${integration}` },
    mutationFn: (items: NewFieldMappingBody[]) =>
      callForVersion(
        putFieldMappingsDraft({
          path: { id: integration },
          body: { items },
          headers: seen.current ? { "If-Match": seen.current } : undefined,
        }),
      ),
    onSuccess: ({ body, version }) => {
      seen.current = version;
      cache.setQueryData<SeenDraft>(draftKey(integration), { draft: body, version });
    },
    // Somebody else's may be there.
    onError: () => cache.invalidateQueries({ queryKey: draftKey(integration) }),
  });
}
