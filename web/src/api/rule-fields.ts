import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { acceptFields, listRuleFields } from "./generated";

const key = (integration: string, sobject: string) => ["rule-fields", integration, sobject];

/** What is known of the values of each field of a rule. */
export function useRuleFields(integration: string, sobject: string) {
  return useQuery({
    queryKey: key(integration, sobject),
    queryFn: async () => (await call(listRuleFields({ path: { id: integration, sobject } }))).items,
  });
}

/** Takes fields on that wait for a person. */
export function useAcceptFields(integration: string, sobject: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (fields: string[]) => call(acceptFields({ path: { id: integration, sobject }, body: { fields } })),
    onSuccess: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: key(integration, sobject) }),
        cache.invalidateQueries({ queryKey: ["sync-rules", integration] }),
      ]),
  });
}
