import { createFileRoute, redirect } from "@tanstack/react-router";

/** The set-up without a step begins with the first. */
export const Route = createFileRoute("/_app/integrations/$id/set-up/")({
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/integrations/$id/set-up/objects", params, replace: true });
  },
});
