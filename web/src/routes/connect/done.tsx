import { Button } from "@mantine/core";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useConnectFlow } from "../../api/connect";
import type { ConnectFlowBody } from "../../api/types";
import { Door } from "../../components/door";
import { LinkButton } from "../../components/link";
import { ProblemNotice } from "../../components/problem-notice";
import { connectProblem } from "../../lib/connect-problem";
import { cameBackHere } from "../../lib/consent-window";

interface DoneSearch {
  flow?: string;
  problem?: string;
}

export const Route = createFileRoute("/connect/done")({
  validateSearch: (search: Record<string, unknown>): DoneSearch => ({
    flow: typeof search.flow === "string" ? search.flow : undefined,
    problem: typeof search.problem === "string" ? search.problem : undefined,
  }),
  component: Done,
});

/** Where Salesforce's answer ends: a pop-up closes itself, a tab that went there itself goes on. */
function Done() {
  const { flow, problem } = Route.useSearch();
  const [here, setHere] = useState(cameBackHere);
  useEffect(() => {
    if (!here && flow) window.close();
  }, [here, flow]);
  if (problem || !flow) {
    return (
      <Door title="Nothing was connected">
        <ProblemNotice
          problem={connectProblem(problem ?? "connect.expired")}
          action={
            <LinkButton size="xs" to="/integrations/new">
              Start again
            </LinkButton>
          }
        />
      </Door>
    );
  }
  return here ? (
    <GoOn flow={flow} />
  ) : (
    <Door title="Back to Towpath" line="You can close this window. The page you came from goes on by itself.">
      <Button variant="default" onClick={() => setHere(true)}>
        Go on in this window
      </Button>
    </Door>
  );
}

function GoOn({ flow }: { flow: string }) {
  const walk = useConnectFlow(flow);
  const navigate = useNavigate();
  useEffect(() => {
    if (walk.data) navigate({ ...placeOf(walk.data), replace: true });
    else if (walk.isError) navigate({ to: "/integrations/new", search: { flow }, replace: true });
  }, [walk.data, walk.isError, flow, navigate]);
  return <Door title="Back to Towpath" line="One moment." />;
}

function placeOf(flow: ConnectFlowBody) {
  if (flow.kind === "reconnect" && flow.integration_id) {
    return {
      to: "/integrations/$id/settings",
      params: { id: flow.integration_id },
      search: { flow: flow.id },
    } as const;
  }
  if (flow.kind === "personal") return { to: "/settings/salesforce", search: { flow: flow.id } } as const;
  return { to: "/integrations/new", search: { flow: flow.id } } as const;
}
