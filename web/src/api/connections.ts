import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { call } from "./client";
import { addIntegration, checkConnection, listConnections } from "./generated";
import { integrationKey, integrationsKey } from "./integrations";

/** The connection that an integration uses. Only admins are told. */
export function useConnectionOf(integration: string, mayAsk: boolean) {
  return useQuery({
    queryKey: ["connections"],
    queryFn: async () => (await call(listConnections())).items,
    select: (connections) => connections.find(({ integrations }) => integrations.some(({ id }) => id === integration)),
    enabled: mayAsk,
  });
}

/** Asks the org everything that a sync needs of it. */
export function useCheckConnection(integration: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => call(checkConnection({ path: { id: integration } })),
    onSuccess: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: integrationKey(integration) }),
        cache.invalidateQueries({ queryKey: ["connections"] }),
      ]),
  });
}

/** Looks again at how an integration is connected, after a walk has ended. */
export function useRefreshConnection(integration: string) {
  const cache = useQueryClient();
  return useCallback(() => {
    cache.invalidateQueries({ queryKey: ["connections"] });
    cache.invalidateQueries({ queryKey: integrationKey(integration) });
  }, [cache, integration]);
}

/** Makes one more integration on a connection: the same access, other rules. */
export function useAddIntegration() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ connection, ...body }: { connection: string; name: string; group_id?: string }) =>
      call(addIntegration({ path: { id: connection }, body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: integrationsKey }),
  });
}
