import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { call, rememberCsrfToken } from "./client";
import type { NewSetup, PasswordSignIn } from "./generated";
import { acceptInvitation, createSession, deleteSession, findSession, setUp } from "./generated";
import type { MemberBody, SessionBody } from "./types";

/** Who is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async () => keep(await call(findSession())),
  staleTime: 60_000,
});

function keep(session: SessionBody): SessionBody {
  rememberCsrfToken(session.csrf_token);
  return session;
}

export function useSession(): SessionBody {
  return useSuspenseQuery(sessionQuery).data;
}

/** The member who is signed in; only for pages behind the sign-in. */
export function useMember(): MemberBody {
  const { member } = useSession();
  if (!member) throw new Error("this page is shown only to signed-in members");
  return member;
}

function useSessionChange<Input>(change: (input: Input) => Promise<SessionBody>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (input: Input) => keep(await change(input)),
    onSuccess: (session) => cache.setQueryData(sessionQuery.queryKey, session),
  });
}

export function useSignIn() {
  return useSessionChange((body: PasswordSignIn) => call(createSession({ body })));
}

export function useSignInByLink() {
  return useSessionChange((link_token: string) => call(createSession({ body: { link_token } })));
}

export function useSetUp() {
  return useSessionChange((body: NewSetup) => call(setUp({ body })));
}

export function useAcceptInvitation() {
  return useSessionChange((body: { token: string; password: string }) => call(acceptInvitation({ body })));
}

export function useSignOut() {
  return useMutation({
    mutationFn: () => call(deleteSession()),
    // A fresh start, so that nothing of this session stays in memory.
    onSuccess: () => window.location.assign("/sign-in"),
  });
}
