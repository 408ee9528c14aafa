import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { call, rememberCsrfToken, seenAs } from "./client";
import type { NewSetup, PasswordSignIn, WorkspaceUpdate } from "./generated";
import { acceptInvitation, createSession, deleteSession, findSession, setUp, updateWorkspace } from "./generated";
import type { MemberBody, SessionBody, WorkspaceBody } from "./types";

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

/** The workspace; only for pages behind the sign-in. */
export function useWorkspace(): WorkspaceBody {
  const { workspace } = useSession();
  if (!workspace) throw new Error("this page is shown only to signed-in members");
  return workspace;
}

/** Gives the workspace another name or time zone. */
export function useChangeWorkspace() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ change, seen }: { change: WorkspaceUpdate; seen: string }) =>
      call(updateWorkspace({ body: change, headers: seenAs(seen) })),
    // What somebody else made of it is needed as much as what was just saved.
    onSettled: () => cache.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
}

export function useSignOut() {
  return useMutation({
    mutationFn: () => call(deleteSession()),
    // A fresh start, so that nothing of this session stays in memory.
    onSuccess: () => window.location.assign("/sign-in"),
  });
}
