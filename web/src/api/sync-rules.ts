import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { RefObject } from "react";
import { call, seenAs } from "./client";
import { deleteSyncRule, listSyncRules, previewSyncRule, putSyncRule, reloadSyncRule } from "./generated";
import { integrationKey } from "./integrations";
import type { FilterBody, NewFieldsBody, SyncRuleBody } from "./types";

const key = (integration: string) => ["sync-rules", integration];

export function useSyncRules(integration: string) {
  return useQuery({
    queryKey: key(integration),
    queryFn: async () => (await call(listSyncRules({ path: { id: integration } }))).items,
  });
}

function useRefresh(integration: string) {
  const cache = useQueryClient();
  return () =>
    Promise.all([
      cache.invalidateQueries({ queryKey: key(integration) }),
      cache.invalidateQueries({ queryKey: integrationKey(integration) }),
      // What is copied is what mappings are suggested from, and what they may lack.
      ...["mapping-suggestions", "mapping-templates", "mappings-preview"].map((what) =>
        cache.invalidateQueries({ queryKey: [what, integration] }),
      ),
    ]);
}

export interface RuleChange {
  sobject: string;
  filter: FilterBody | null;
  fields: string[] | null;
  /** How often it looks for changes; as before where it is left out. */
  cadence_seconds?: number;
  /** What becomes of fields that the org gets later; as before where it is left out. */
  new_fields?: NewFieldsBody;
}

/** Makes a rule, unless somebody else has made one for this sObject meanwhile. */
export function useAddSyncRule(integration: string) {
  const refresh = useRefresh(integration);
  return useMutation({
    mutationFn: ({ sobject, ...body }: RuleChange) =>
      call(putSyncRule({ path: { id: integration, sobject }, body, headers: { "If-None-Match": "*" } })),
    onSettled: refresh,
  });
}

/** Changes a rule whose version somebody has `seen`; one that changed meanwhile is refused. */
export function usePutSyncRule(integration: string, seen: RefObject<string>) {
  const cache = useQueryClient();
  const refresh = useRefresh(integration);
  return useMutation({
    // One after the other: each goes by the version that the one before left.
    scope: { id: `sync-rules-${integration}` },
    mutationFn: ({ sobject, ...body }: RuleChange) =>
      call(
        putSyncRule({
          path: { id: integration, sobject },
          body,
          headers: { "If-Match": JSON.stringify(seen.current) },
        }),
      ),
    onSuccess: (saved) => {
      seen.current = saved.version;
      // What saving it would have changed is done.
      cache.invalidateQueries({ queryKey: ["rule-preview", integration] });
    },
    onSettled: refresh,
  });
}

/** Deletes a rule whose version somebody has seen; one that changed meanwhile is refused. */
export function useDeleteSyncRule(integration: string) {
  const refresh = useRefresh(integration);
  return useMutation({
    mutationFn: ({ sobject, version }: Pick<SyncRuleBody, "sobject" | "version">) =>
      call(deleteSyncRule({ path: { id: integration, sobject }, headers: seenAs(version) })),
    onSettled: refresh,
  });
}

/** What a rule would do. */
export function rulePreviewQuery(
  integration: string,
  { sobject, filter, fields, cadence_seconds }: Omit<RuleChange, "new_fields">,
) {
  const body = { sobject, filter, fields, cadence_seconds };
  return {
    queryKey: ["rule-preview", integration, body],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      call(previewSyncRule({ path: { id: integration }, body, signal })),
    staleTime: 60_000,
  };
}

/** The same, asked again whenever the rule changes; an older question is dropped. */
export function useRulePreview(integration: string, rule: RuleChange) {
  return useQuery({ ...rulePreviewQuery(integration, rule), placeholderData: keepPreviousData });
}

/** Has all records of an sObject read anew, from the first to the last. */
export function useReloadSyncRule(integration: string) {
  const refresh = useRefresh(integration);
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (sobject: string) => call(reloadSyncRule({ path: { id: integration, sobject } })),
    onSuccess: () => Promise.all([refresh(), cache.invalidateQueries({ queryKey: ["runs"] })]),
  });
}
