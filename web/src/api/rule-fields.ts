import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, seenAs } from "./client";
import { acceptFields, listRuleFields } from "./generated";
import type { SyncRuleBody } from "./types";

const key = (integration: string, sobject: string) => ["rule-fields", integration, sobject];

/** What is known of the values of each field of a rule. */
export function useRuleFields(integration: string, sobject: string) {
  return useQuery({
    queryKey: key(integration, sobject),
    queryFn: async () => (await call(listRuleFields({ path: { id: integration, sobject } }))).items,
  });
}

/** Takes fields on that wait for a person, by the rule as they saw it. */
export function useAcceptFields(integration: string, { sobject, version }: SyncRuleBody) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (fields: string[]) =>
      call(acceptFields({ path: { id: integration, sobject }, body: { fields }, headers: seenAs(version) })),
    // Somebody else's may be there.
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: key(integration, sobject) }),
        cache.invalidateQueries({ queryKey: ["sync-rules", integration] }),
      ]),
  });
}
