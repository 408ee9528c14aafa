import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, listAll, seenAs } from "./client";
import {
  deleteIntegration,
  findIntegration,
  findIntegrationDeletion,
  listIntegrations,
  pauseIntegration,
  resumeIntegration,
  updateIntegration,
} from "./generated";
import type { IntegrationBody } from "./types";

export const integrationsKey = ["integrations"];
export const integrationKey = (id: string) => ["integrations", id];

export function useIntegrations() {
  return useQuery({
    queryKey: integrationsKey,
    queryFn: () => listAll((after) => call(listIntegrations({ query: { after, limit: 200 } }))),
  });
}

export function useIntegration(id: string) {
  return useQuery({ queryKey: integrationKey(id), queryFn: () => call(findIntegration({ path: { id } })) });
}

/** Puts an integration that the server just told of where pages look for it. */
export function useKeepIntegration() {
  const cache = useQueryClient();
  return (integration: IntegrationBody) => {
    cache.setQueryData(integrationKey(integration.id), integration);
    // A list that lacks it is not made fresh by it.
    cache.setQueryData<IntegrationBody[]>(integrationsKey, (all) =>
      all?.some(({ id }) => id === integration.id)
        ? all.map((one) => (one.id === integration.id ? integration : one))
        : undefined,
    );
  };
}

/** Renames an integration whose name somebody has `seen`; one that has another by now is refused. */
export function useRenameIntegration(id: string) {
  const cache = useQueryClient();
  const keep = useKeepIntegration();
  return useMutation({
    mutationFn: ({ name, seen }: { name: string; seen: string }) =>
      call(updateIntegration({ path: { id }, body: { name }, headers: seenAs(seen) })),
    onSuccess: keep,
    // Somebody else's may be there.
    onError: () => cache.invalidateQueries({ queryKey: integrationKey(id) }),
  });
}

export function usePauseIntegration(id: string) {
  const keep = useKeepIntegration();
  return useMutation({ mutationFn: () => call(pauseIntegration({ path: { id } })), onSuccess: keep });
}

export function useResumeIntegration(id: string) {
  const keep = useKeepIntegration();
  return useMutation({ mutationFn: () => call(resumeIntegration({ path: { id } })), onSuccess: keep });
}

/** What would go with an integration, asked when somebody is about to delete it. */
export function useDeletion(id: string, asked: boolean) {
  return useQuery({
    queryKey: ["deletion", id],
    queryFn: () => call(findIntegrationDeletion({ path: { id } })),
    enabled: asked,
    staleTime: 0,
  });
}

/** Deletes an integration under the name that was seen. */
export function useDeleteIntegration({ id, version }: IntegrationBody) {
  return useMutation({
    mutationFn: (data: "keep" | "remove") =>
      call(deleteIntegration({ path: { id }, query: { data }, headers: seenAs(version) })),
  });
}
