import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, callForVersion } from "./client";
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

interface WantedShares {
  /** The group that owns it; null for the whole workspace. */
  group_id: string | null;
  /** The other groups that have access. */
  groups: string[];
  /** The version that the person saw. */
  seen?: string;
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

/** Gives an integration to a group, or to the whole workspace, and says which others have access. */
export function usePutShares() {
  const keep = useKeepIntegration();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ integration, seen, ...wanted }: WantedShares & { integration: string }) => {
      const headers = seen ? { "If-Match": seen } : undefined;
      await call(putShares({ path: { id: integration }, body: wanted, headers }));
      return call(findIntegration({ path: { id: integration } }));
    },
    onSuccess: keep,
    onSettled: (_, __, { integration }) =>
      Promise.all([
        cache.invalidateQueries({ queryKey: key(integration) }),
        cache.invalidateQueries({ queryKey: groupsKey }),
      ]),
  });
}
