import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { createApiKey, deleteApiKey, listApiKeys } from "./generated";
import type { RoleBody } from "./types";

const key = ["api-keys"];

export function useApiKeys() {
  return useQuery({ queryKey: key, queryFn: () => call(listApiKeys()) });
}

export function useCreateApiKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; role: RoleBody; expires_at?: string }) => call(createApiKey({ body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: key }),
  });
}

export function useRevokeApiKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(deleteApiKey({ path: { id } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: key }),
  });
}
