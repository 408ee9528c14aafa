import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { listEntities, listFieldMappings, putFieldMappings, suggestFieldMappings } from "./generated";
import { integrationKey } from "./integrations";
import type { NewFieldMappingBody } from "./types";

const key = (integration: string) => ["field-mappings", integration];

export function useEntities() {
  return useQuery({
    queryKey: ["entities"],
    queryFn: async () => (await call(listEntities())).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useFieldMappings(integration: string) {
  return useQuery({
    queryKey: key(integration),
    queryFn: async () => (await call(listFieldMappings({ path: { id: integration } }))).items,
  });
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
    mutationFn: (items: NewFieldMappingBody[]) =>
      call(putFieldMappings({ path: { id: integration }, body: { items } })),
    onSuccess: (page) => {
      cache.setQueryData(key(integration), page.items);
      return cache.invalidateQueries({ queryKey: integrationKey(integration) });
    },
  });
}
