import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import {
  cancelRun,
  createRun,
  findRun,
  listIntegrationRuns,
  listRowErrorKinds,
  listRowErrors,
  listRuns,
  retryRowErrors,
} from "./generated";
import { integrationKey, integrationsKey } from "./integrations";

const RUNNING_POLL_MS = 2_000;

/** The workspace's latest runs. */
export function useRuns(limit: number) {
  return useQuery({
    queryKey: ["runs", { limit }],
    queryFn: async () => (await call(listRuns({ query: { limit } }))).items,
  });
}

export function useIntegrationRuns(integration: string, after: string | undefined) {
  return useQuery({
    queryKey: ["runs", "of", integration, after],
    queryFn: () => call(listIntegrationRuns({ path: { id: integration }, query: { after, limit: 50 } })),
    placeholderData: keepPreviousData,
  });
}

export function useRun(id: string) {
  return useQuery({
    queryKey: ["runs", id],
    queryFn: () => call(findRun({ path: { id } })),
    refetchInterval: ({ state }) => (state.data && state.data.finished_at === null ? RUNNING_POLL_MS : false),
  });
}

export function useRowErrors(run: string) {
  return useQuery({
    queryKey: ["row-errors", run],
    queryFn: async () => (await call(listRowErrors({ path: { id: run }, query: { limit: 100 } }))).items,
  });
}

/** What is wrong with records of an integration, each kind once. */
export function useRowErrorKinds(integration: string) {
  return useQuery({
    queryKey: ["runs", "row-error-kinds", integration],
    queryFn: async () => (await call(listRowErrorKinds({ path: { id: integration } }))).items,
  });
}

/** Has the records of one kind of error read again. */
export function useRetryRowErrors(integration: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ sobject, code }: { sobject: string; code: string }) =>
      call(retryRowErrors({ path: { id: integration, sobject, code } })),
    // What could be stored is stored, and a run may have begun.
    onSettled: () => cache.invalidateQueries({ queryKey: ["runs"] }),
  });
}

export function useRequestRun(integration: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => call(createRun({ path: { id: integration } })),
    onSuccess: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: integrationKey(integration) }),
        cache.invalidateQueries({ queryKey: ["runs"] }),
      ]),
  });
}

/** Stops a run where it stands. The next one goes on from there. */
export function useCancelRun() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(cancelRun({ path: { id } })),
    onSuccess: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: ["runs"] }),
        cache.invalidateQueries({ queryKey: integrationsKey }),
      ]),
  });
}
