import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { deleteSyncRule, listSyncRules, previewSyncRule, putSyncRule } from "./generated";
import { integrationKey } from "./integrations";
import type { FilterBody } from "./types";

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
    ]);
}

export interface RuleChange {
  sobject: string;
  filter: FilterBody | null;
  fields: string[] | null;
}

export function usePutSyncRule(integration: string) {
  const refresh = useRefresh(integration);
  return useMutation({
    mutationFn: ({ sobject, ...body }: RuleChange) => call(putSyncRule({ path: { id: integration, sobject }, body })),
    onSuccess: refresh,
  });
}

export function useDeleteSyncRule(integration: string) {
  const refresh = useRefresh(integration);
  return useMutation({
    mutationFn: (sobject: string) => call(deleteSyncRule({ path: { id: integration, sobject } })),
    onSuccess: refresh,
  });
}

/** What a rule would do. */
export function rulePreviewQuery(integration: string, { sobject, filter, fields }: RuleChange) {
  const body = { sobject, filter, fields };
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
