import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { deleteOneSession, deleteOtherSessions, deleteSessionsOfMember, listSessions } from "./generated";

const key = ["sessions"];

/** The browsers in which you are signed in. */
export function useSessions() {
  return useQuery({ queryKey: key, queryFn: async () => (await call(listSessions())).items });
}

function useRefresh() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: key });
}

export function useEndSession() {
  const refresh = useRefresh();
  return useMutation({ mutationFn: (id: string) => call(deleteOneSession({ path: { id } })), onSettled: refresh });
}

/** Signs you out everywhere but here. */
export function useEndOtherSessions() {
  const refresh = useRefresh();
  return useMutation({ mutationFn: () => call(deleteOtherSessions()), onSettled: refresh });
}

/** Signs a member out everywhere. */
export function useEndSessionsOf() {
  return useMutation({ mutationFn: (id: string) => call(deleteSessionsOfMember({ path: { user_id: id } })) });
}
