import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, seenAs } from "./client";
import { createMember, createSignInLink, deleteMember, listMembers, updateMember } from "./generated";
import type { RoleBody } from "./types";

const key = ["members"];

export function useMembers() {
  return useQuery({ queryKey: key, queryFn: () => call(listMembers()) });
}

function useRefresh() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: key });
}

export function useInviteMember() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: { email: string; name: string; role: RoleBody }) => call(createMember({ body })),
    onSuccess: refresh,
  });
}

export function useChangeMember() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id, seen, ...body }: { id: string; seen: string; role: RoleBody }) =>
      call(updateMember({ path: { user_id: id }, body, headers: seenAs(seen) })),
    // Somebody else's may be there.
    onSettled: refresh,
  });
}

export function useRemoveMember() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id, version }: { id: string; version: string }) =>
      call(deleteMember({ path: { user_id: id }, headers: seenAs(version) })),
    onSettled: refresh,
  });
}

export function useSignInLink() {
  return useMutation({ mutationFn: (id: string) => call(createSignInLink({ path: { user_id: id } })) });
}
