import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, callForVersion } from "./client";
import { deleteSharesDraft, findSharesDraft, finishSetUp, putSharesDraft } from "./generated";
import { groupsKey } from "./groups";
import { useKeepIntegration } from "./integrations";
import { draftKey } from "./mapping-draft";
import type { SetUpEnd, SharesChoice, SharesDraft } from "./types";

export const sharesDraftKey = (integration: string) => ["shares-draft", integration];

/** Who shall have access as long as that is not saved, and which version of it. */
interface SeenSharesDraft {
  draft: SharesDraft;
  version: string | undefined;
}

export function useSharesDraft(integration: string) {
  return useQuery({
    queryKey: sharesDraftKey(integration),
    queryFn: async (): Promise<SeenSharesDraft> => {
      const { body, version } = await callForVersion(findSharesDraft({ path: { id: integration } }));
      return { draft: body, version };
    },
  });
}

/** Keeps who shall have access on the server; what somebody else changed since it was shown is not undone. */
export function usePutSharesDraft(integration: string) {
  const cache = useQueryClient();
  const key = sharesDraftKey(integration);
  return useMutation({
    mutationKey: key,
    // One after the other: each goes by the version that the one before left.
    scope: { id: `shares-draft-${integration}` },
    mutationFn: (choice: SharesChoice) => {
      const version = cache.getQueryData<SeenSharesDraft>(key)?.version;
      const headers = version ? { "If-Match": version } : undefined;
      return callForVersion(putSharesDraft({ path: { id: integration }, body: choice, headers }));
    },
    onSuccess: ({ body, version }) => cache.setQueryData<SeenSharesDraft>(key, { draft: body, version }),
    // Somebody else's may be there.
    onError: () => cache.invalidateQueries({ queryKey: key }),
  });
}

/** Throws the draft away, unless somebody else has changed it since it was shown. */
export function useDeleteSharesDraft(integration: string) {
  const cache = useQueryClient();
  const key = sharesDraftKey(integration);
  return useMutation({
    mutationFn: () => {
      const version = cache.getQueryData<SeenSharesDraft>(key)?.version;
      const headers = version ? { "If-Match": version } : undefined;
      return call(deleteSharesDraft({ path: { id: integration }, headers }));
    },
    onSettled: () => cache.invalidateQueries({ queryKey: key }),
  });
}

/** Saves what was chosen while setting up: all of it, or where any of it is refused nothing. */
export function useFinishSetUp(integration: string) {
  const cache = useQueryClient();
  const keep = useKeepIntegration();
  return useMutation({
    mutationFn: (end: SetUpEnd) => call(finishSetUp({ path: { id: integration }, body: end })),
    onSuccess: keep,
    onSettled: () => {
      const touched = [
        ["field-mappings", integration],
        draftKey(integration),
        ["shares", integration],
        sharesDraftKey(integration),
        groupsKey,
      ];
      return Promise.all(touched.map((queryKey) => cache.invalidateQueries({ queryKey })));
    },
  });
}
