import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, Outlet, useRouter } from "@tanstack/react-router";
import { Door } from "../components/door";
import { LinkButton } from "../components/link";
import { ProblemNotice } from "../components/problem-notice";
import { toProblem } from "../lib/problem";

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: Broken,
});

function NotFound() {
  return (
    <Door title="There is no such page" line="The address may be mistyped, or what it named may be deleted.">
      <LinkButton to="/">Go to Home</LinkButton>
    </Door>
  );
}

function Broken({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <Door title="Towpath cannot show this">
      <ProblemNotice problem={toProblem(error)} onRetry={() => router.invalidate()} />
    </Door>
  );
}
