import { createFileRoute, Outlet, redirect, useRouter } from "@tanstack/react-router";
import { ApiProblem } from "../api/client";
import { sessionQuery, useMember, useSession, useSignOut } from "../api/session";
import { EmptyState } from "../components/empty-state";
import { Frame } from "../components/frame";
import { LinkButton } from "../components/link";
import { LoadingPage } from "../components/loading-page";
import { ProblemNotice } from "../components/problem-notice";
import { toProblem } from "../lib/problem";
import { tellFailed } from "../lib/tell";

export const Route = createFileRoute("/_app")({
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.fetchQuery(sessionQuery);
    if (session.state === "needs_setup") throw redirect({ to: "/setup" });
    if (session.state === "signed_out") throw redirect({ to: "/sign-in", search: { next: location.href } });
  },
  component: App,
  pendingComponent: LoadingPage,
  errorComponent: Broken,
  notFoundComponent: NotFound,
});

function App() {
  const { workspace, server } = useSession();
  const member = useMember();
  const signOut = useSignOut();
  return (
    <Frame
      workspace={workspace?.name ?? "Towpath"}
      person={member}
      version={server.version}
      simulatedHost={server.simulated_host ?? undefined}
      isQuarantined={server.is_quarantined}
      onSignOut={() => signOut.mutate(undefined, { onError: tellFailed })}
    >
      <Outlet />
    </Frame>
  );
}

function NotFound() {
  return (
    <EmptyState title="There is no such page" action={<LinkButton to="/">Go to Home</LinkButton>}>
      The address may be mistyped, or what it named may be deleted.
    </EmptyState>
  );
}

function Broken({ error }: { error: unknown }) {
  const router = useRouter();
  const signedOut = error instanceof ApiProblem && error.status === 401;
  return (
    <div style={{ padding: 24, maxWidth: 720 }}>
      <ProblemNotice
        problem={toProblem(error)}
        onRetry={() => router.invalidate()}
        action={signedOut && <LinkButton to="/sign-in">Sign in</LinkButton>}
      />
    </div>
  );
}
