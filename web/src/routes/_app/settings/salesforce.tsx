import { Button, Skeleton } from "@mantine/core";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import {
  type NewPersonalConnection,
  useEndPersonal,
  usePersonalConnections,
  useRefreshPersonal,
  useStartPersonal,
} from "../../../api/personal-connections";
import { useMember } from "../../../api/session";
import type { PersonalConnectionBody, PersonalOrgBody } from "../../../api/types";
import { ApprovalGauge } from "../../../components/approval-gauge";
import { Card, Sections } from "../../../components/card";
import { ConfirmDialog } from "../../../components/confirm-dialog";
import { EmptyState } from "../../../components/empty-state";
import classes from "../../../components/facts.module.css";
import { ProblemLine } from "../../../components/problem-line";
import { ProblemNotice } from "../../../components/problem-notice";
import { TimeAgo } from "../../../components/time-ago";
import { toProblem } from "../../../lib/problem";
import { reasonAgainst } from "../../../lib/roles";
import { tellDone, tellFailed } from "../../../lib/tell";
import { ConnectRefusal } from "../integrations/-connect-refusal";
import { type ConnectWalk, ConnectWalkCard, useWalk } from "../integrations/-connect-walk";

export const Route = createFileRoute("/_app/settings/salesforce")({
  validateSearch: (search: Record<string, unknown>): { flow?: string } => ({
    flow: typeof search.flow === "string" ? search.flow : undefined,
  }),
  component: YourSalesforce,
});

/** One's own access to the orgs of the workspace, beside the one by which they are synced. */
function YourSalesforce() {
  const { flow } = Route.useSearch();
  const member = useMember();
  const reason = reasonAgainst(member.role, "operator");
  const [asked, setAsked] = useState<string>();
  const orgs = usePersonalConnections(reason === undefined);
  const refresh = useRefreshPersonal();
  const navigate = useNavigate();
  const goTo = useCallback(
    (next: string | undefined) => navigate({ to: "/settings/salesforce", search: { flow: next }, replace: true }),
    [navigate],
  );
  const walk = useWalk(useStartPersonal(), () => true, goTo);
  const onFinished = useCallback(() => {
    tellDone("Connected as yourself.");
    refresh();
    goTo(undefined);
  }, [goTo, refresh]);
  if (reason)
    return <ProblemNotice problem={{ title: "You cannot connect yourself", detail: reason }} tone="warning" />;
  if (flow) {
    return (
      <ConnectWalkCard
        flowId={flow}
        walk={walk}
        onConfirmed={onFinished}
        onFinished={onFinished}
        onStartAgain={() => goTo(undefined)}
      />
    );
  }
  return (
    <Sections>
      <p style={{ margin: 0 }}>
        Orgs are synced by a connection of their own, which only reads. Here you connect your own Salesforce user beside
        it, for what you write in Salesforce yourself: that carries your name and your rights. Syncing never uses it,
        and while every integration is read-only nothing is written.
      </p>
      {orgs.isPending && <Skeleton height={160} />}
      {orgs.isError && <ProblemNotice problem={toProblem(orgs.error)} onRetry={() => orgs.refetch()} />}
      {orgs.data?.length === 0 && (
        <EmptyState title="No org is connected yet">
          An admin connects an org first. Then you can connect your own user of it here.
        </EmptyState>
      )}
      {orgs.data?.map((org) => (
        <OrgCard
          key={org.org.id}
          org={org}
          walk={asked === org.org.id ? walk : { ...walk, error: undefined, isStarting: false }}
          onAsk={() => setAsked(org.org.id)}
        />
      ))}
    </Sections>
  );
}

interface OrgCardProps {
  org: PersonalOrgBody;
  walk: ConnectWalk<NewPersonalConnection>;
  /** What is told of the walk from here on is told of this org. */
  onAsk: () => void;
}

function OrgCard({ org: { org, connection }, walk, onAsk }: OrgCardProps) {
  const [isAnotherUser, setAnotherUser] = useState(false);
  const start = () => {
    onAsk();
    walk.start({ org_id: org.id, another_user: isAnotherUser });
  };
  return (
    <Card title={org.name}>
      <div style={{ display: "flex", flexDirection: "column", gap: 16 }}>
        {walk.error && (
          <ConnectRefusal error={walk.error} isAnotherUser={isAnotherUser} onAnotherUser={setAnotherUser} />
        )}
        {connection ? (
          <Own connection={connection} instanceUrl={org.instance_url} isStarting={walk.isStarting} onConnect={start} />
        ) : (
          <>
            <p style={{ margin: 0 }}>You have not connected your own user of this org.</p>
            <div>
              <Button onClick={start} loading={walk.isStarting}>
                Connect my Salesforce user
              </Button>
            </div>
          </>
        )}
      </div>
    </Card>
  );
}

interface OwnProps {
  connection: PersonalConnectionBody;
  instanceUrl: string;
  isStarting: boolean;
  onConnect: () => void;
}

function Own({ connection, instanceUrl, isStarting, onConnect }: OwnProps) {
  const end = useEndPersonal();
  const [isAsking, setAsking] = useState(false);
  const { id, username, problem, created_at, approvals_used, approvals_most } = connection;
  return (
    <>
      {problem && <ProblemLine problem={problem} instanceUrl={instanceUrl} />}
      <dl className={classes.facts}>
        <dt>Your Salesforce user</dt>
        <dd>{username}</dd>
        <dt>Connected</dt>
        <dd>
          <TimeAgo at={created_at} />
        </dd>
        <dt>Approvals</dt>
        <dd>
          <ApprovalGauge
            used={approvals_used}
            most={approvals_most}
            note="that Salesforce keeps for this user and app, as far as this server knows."
          />
        </dd>
      </dl>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
        <Button variant={problem ? "filled" : "default"} loading={isStarting} onClick={onConnect}>
          Connect again
        </Button>
        <Button variant="default" onClick={() => setAsking(true)}>
          Disconnect
        </Button>
      </div>
      <ConfirmDialog
        opened={isAsking}
        title="Disconnect your Salesforce user?"
        action="Disconnect"
        isWorking={end.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() =>
          end.mutate(id, {
            onSuccess: ({ confirmed }) =>
              tellDone(
                confirmed ? "Salesforce confirmed that the access has ended." : "The access is being given back.",
              ),
            onError: tellFailed,
            onSettled: () => setAsking(false),
          })
        }
      >
        The access of {username} is given back to Salesforce. Syncing goes on, and nothing that was written changes.
      </ConfirmDialog>
    </>
  );
}
