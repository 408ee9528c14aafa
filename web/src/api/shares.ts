import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, callForVersion, seenAs } from "./client";
import { deleteShare, findIntegration, findShares, putShares } from "./generated";
import { groupsKey } from "./groups";
import { integrationsKey, useKeepIntegration } from "./integrations";
import type { SharesBody } from "./types";

const key = (integration: string) => ["shares", integration];

/** Whose an integration is and which groups have access, and which version of that. */
export interface SeenShares {
  shares: SharesBody;
  version: string | undefined;
}

export function useShares(integration: string) {
  return useQuery({
    queryKey: key(integration),
    queryFn: async (): Promise<SeenShares> => {
      const { body, version } = await callForVersion(findShares({ path: { id: integration } }));
      return { shares: body, version };
    },
  });
}

/** Disconnects an integration for a group that it is shared with. */
export function useDisconnectShare() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ integration, group }: { integration: string; group: string }) =>
      call(deleteShare({ path: { id: integration, group_id: group } })),
    onSettled: (_, __, { integration }) =>
      Promise.all(
        [key(integration), groupsKey, integrationsKey].map((queryKey) => cache.invalidateQueries({ queryKey })),
      ),
  });
}

/** Gives a group an integration of the whole workspace, unless it has come to another group meanwhile. */
export function useAdoptIntegration(group_id: string) {
  const keep = useKeepIntegration();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (integration: string) => {
      const path = { id: integration };
      const { group, version } = await call(findShares({ path }));
      if (group === null) await call(putShares({ path, body: { group_id, groups: [] }, headers: seenAs(version) }));
      return call(findIntegration({ path }));
    },
    onSuccess: keep,
    onSettled: (_, __, integration) =>
      Promise.all([
        cache.invalidateQueries({ queryKey: key(integration) }),
        cache.invalidateQueries({ queryKey: groupsKey }),
      ]),
  });
}
