import { Skeleton } from "@mantine/core";
import { useState } from "react";
import { useCheckConnection, useConnectionOf } from "../../../api/connections";
import { useMember } from "../../../api/session";
import type { ConnectionBody, IntegrationBody } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { ApprovalGauge } from "../../../components/approval-gauge";
import { Card } from "../../../components/card";
import { CheckList } from "../../../components/check-list";
import classes from "../../../components/facts.module.css";
import { ProblemNotice } from "../../../components/problem-notice";
import { TimeAgo } from "../../../components/time-ago";
import { formatNumber } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { isAtLeast } from "../../../lib/roles";
import { reasonAgainstRunning } from "../../../lib/sharing";
import { AddIntegrationForm } from "./-add-integration";

/** Who gave access, to what, and whether it still holds. */
export function ConnectionCard({ integration }: { integration: IntegrationBody }) {
  const member = useMember();
  const isAdmin = isAtLeast(member.role, "admin");
  const connection = useConnectionOf(integration.id, isAdmin);
  const check = useCheckConnection(integration.id);
  const [isAdding, setAdding] = useState(false);
  return (
    <Card
      title="Access to Salesforce"
      aside={
        <span style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
          {isAdmin && connection.data && (
            <ActionButton size="xs" variant="default" onClick={() => setAdding(!isAdding)}>
              Add an integration
            </ActionButton>
          )}
          <ActionButton
            size="xs"
            variant="default"
            reason={reasonAgainstRunning(integration, member.role)}
            loading={check.isPending}
            onClick={() => check.mutate()}
          >
            Check the connection
          </ActionButton>
        </span>
      }
    >
      <div style={{ display: "flex", flexDirection: "column", gap: 16 }}>
        {isAdmin && connection.isPending && <Skeleton height={96} />}
        {connection.isError && (
          <ProblemNotice problem={toProblem(connection.error)} onRetry={() => connection.refetch()} />
        )}
        {connection.data && <Facts connection={connection.data} />}
        {isAdding && connection.data && <AddIntegrationForm connection={connection.data.id} />}
        {check.isError && <ProblemNotice problem={toProblem(check.error)} onRetry={() => check.mutate()} />}
        <div aria-live="polite">
          {check.data ? (
            <CheckList check={check.data} />
          ) : (
            <p className="quiet" style={{ margin: 0 }}>
              The check asks Salesforce about its address, our access, the user, the scopes, the calls that are left,
              the clock and the sObjects of the rules. It takes about five API calls and changes nothing there.
            </p>
          )}
        </div>
      </div>
    </Card>
  );
}

const signInWords: Record<ConnectionBody["sign_in"], string> = {
  consent: "A person consented on Salesforce's page",
  jwt_bearer: "The app, with the key of its certificate",
  client_credentials: "The app as itself, with its secret",
  access_token: "With an access token that nothing renews",
};

function Facts({ connection }: { connection: ConnectionBody }) {
  const { username, sign_in, login_host, scopes, created_at, issued_at, generation } = connection;
  const { approvals_used, approvals_most, integrations } = connection;
  return (
    <dl className={classes.facts}>
      <dt>Salesforce user</dt>
      <dd>{username}</dd>
      <dt>Signs in</dt>
      <dd>{signInWords[sign_in]}</dd>
      <dt>Signed in at</dt>
      <dd>{login_host}</dd>
      <dt>Scopes</dt>
      <dd>
        <code>{scopes.join(" ")}</code>
      </dd>
      <dt>Since</dt>
      <dd>
        <TimeAgo at={created_at} />
      </dd>
      <dt>Renewed</dt>
      <dd>
        {generation > 1 ? (
          <>
            <TimeAgo at={issued_at} />{" "}
            <span className="quiet small">
              {generation === 2 ? "once" : `${formatNumber(generation - 1)} times`} since it was connected
            </span>
          </>
        ) : (
          <span className="quiet">Not yet: the first access token is still good</span>
        )}
      </dd>
      <dt>Approvals</dt>
      <dd>
        <ApprovalGauge
          used={approvals_used}
          most={approvals_most}
          note="that Salesforce keeps for this user and app, as far as this server knows; other products may hold some. The sixth would end the oldest, so it is stopped here. An integration added here takes none."
        />
      </dd>
      <dt>Used by</dt>
      <dd dir="auto">{integrations.map(({ name }) => name).join(", ")}</dd>
    </dl>
  );
}
