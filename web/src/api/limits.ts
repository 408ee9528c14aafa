import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { findLimits, putLimits } from "./generated";

const key = (integration: string) => ["limits", integration];

/** How the API calls of an integration and its org stand. */
export function useLimits(integration: string) {
  return useQuery({
    queryKey: key(integration),
    queryFn: () => call(findLimits({ path: { id: integration } })),
    refetchInterval: 30_000,
  });
}

export function usePutLimits(integration: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ seen, ...body }: { allotment: number | null; stop_percent: number; seen: string }) =>
      call(putLimits({ path: { id: integration }, body, headers: { "If-Match": JSON.stringify(seen) } })),
    onSuccess: (limits) => cache.setQueryData(key(integration), limits),
    // Somebody else's may be there.
    onError: () => cache.invalidateQueries({ queryKey: key(integration) }),
  });
}
