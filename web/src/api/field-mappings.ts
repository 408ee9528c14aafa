import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, callForVersion } from "./client";
import { listEntities, listFieldMappings, putFieldMappings, suggestFieldMappings } from "./generated";
import { integrationKey } from "./integrations";
import type { FieldMappingBody, NewFieldMappingBody } from "./types";

const key = (integration: string) => ["field-mappings", integration];

export function useEntities() {
  return useQuery({
    queryKey: ["entities"],
    queryFn: async () => (await call(listEntities())).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Mappings, and which version of them. */
interface SeenMappings {
  items: FieldMappingBody[];
  version: string | undefined;
}

function mappingsQuery(integration: string) {
  return {
    queryKey: key(integration),
    queryFn: async (): Promise<SeenMappings> => {
      const { body, version } = await callForVersion(listFieldMappings({ path: { id: integration } }));
      return { items: body.items, version };
    },
  };
}

export function useFieldMappings(integration: string) {
  return useQuery({ ...mappingsQuery(integration), select: ({ items }) => items });
}

/** The version of the mappings that a page shows. */
export function useMappingsVersion(integration: string): string | undefined {
  return useQuery({ ...mappingsQuery(integration), select: ({ version }) => version }).data;
}

export function useMappingSuggestions(integration: string, wanted: boolean) {
  return useQuery({
    queryKey: ["mapping-suggestions", integration],
    queryFn: async () => (await call(suggestFieldMappings({ path: { id: integration } }))).items,
    enabled: wanted,
  });
}

export function usePutFieldMappings(integration: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ items, seen }: { items: NewFieldMappingBody[]; seen?: string }) =>
      callForVersion(
        putFieldMappings({
          path: { id: integration },
          body: { items },
          headers: seen ? { "If-Match": seen } : undefined,
        }),
      ),
    onSuccess: ({ body, version }) => {
      cache.setQueryData<SeenMappings>(key(integration), { items: body.items, version });
      return cache.invalidateQueries({ queryKey: integrationKey(integration) });
    },
    // Somebody else's may be there.
    onError: () => cache.invalidateQueries({ queryKey: key(integration) }),
  });
}
