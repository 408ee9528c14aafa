import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, callForVersion } from "./client";
import {
  acceptFields,
  fillMappingTemplate,
  listEntities,
  listFieldMappings,
  listMappingTemplates,
  previewFieldMappings,
  putFieldMappings,
  suggestFieldMappings,
} from "./generated";
import { integrationKey } from "./integrations";
import { draftKey } from "./mapping-draft";
import type { FieldMappingBody, MappingGapBody, NewFieldMappingBody } from "./types";

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
      return Promise.all([
        cache.invalidateQueries({ queryKey: integrationKey(integration) }),
        // Saving is the end of what waited.
        cache.invalidateQueries({ queryKey: draftKey(integration) }),
      ]);
    },
    // Somebody else's may be there.
    onError: () => cache.invalidateQueries({ queryKey: key(integration) }),
  });
}

/** What mappings make of real values, and what they lack. The values of the question before stay until the next are there. */
export function useMappingsPreview(integration: string, items: NewFieldMappingBody[]) {
  return useQuery({
    queryKey: ["mappings-preview", integration, items],
    queryFn: ({ signal }) => call(previewFieldMappings({ path: { id: integration }, body: { items }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

/** Copies fields that are mapped and that their rule leaves out. */
export function useFillGap(integration: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ sobject, fields }: MappingGapBody) =>
      call(acceptFields({ path: { id: integration, sobject }, body: { fields } })),
    onSuccess: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: ["sync-rules", integration] }),
        cache.invalidateQueries({ queryKey: ["rule-fields", integration] }),
        cache.invalidateQueries({ queryKey: ["mappings-preview", integration] }),
        cache.invalidateQueries({ queryKey: integrationKey(integration) }),
      ]),
  });
}

export function useMappingTemplates() {
  return useQuery({
    queryKey: ["mapping-templates"],
    queryFn: async () => (await call(listMappingTemplates())).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** A template with the org's fields; asked only while somebody looks at one. */
export function useFilledTemplate(integration: string, name: string | undefined) {
  return useQuery({
    queryKey: ["mapping-templates", integration, name],
    queryFn: async () => (await call(fillMappingTemplate({ path: { id: integration, name: name ?? "" } }))).items,
    enabled: name !== undefined,
  });
}
