import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { createSweep, listDrift } from "./generated";
import { integrationKey } from "./integrations";

const driftKey = (integration: string) => ["drift", integration];
const RUNNING_POLL_MS = 2_000;

/** How each sObject's copy compared with the org the last time. */
export function useDrift(integration: string) {
  return useQuery({
    queryKey: driftKey(integration),
    queryFn: async () => (await call(listDrift({ path: { id: integration } }))).items,
    refetchInterval: ({ state }) => (state.data?.some((rule) => rule.current_sweep) ? RUNNING_POLL_MS : false),
  });
}

/** Compares every sObject now, and mends what differs. */
export function useRequestSweep(integration: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => call(createSweep({ path: { id: integration }, body: { mode: "heal" } })),
    onSuccess: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: integrationKey(integration) }),
        cache.invalidateQueries({ queryKey: driftKey(integration) }),
        cache.invalidateQueries({ queryKey: ["runs"] }),
      ]),
  });
}
