import { Skeleton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useShares } from "../../../api/shares";
import type { IntegrationBody } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { Card } from "../../../components/card";
import classes from "../../../components/facts.module.css";
import { LinkButton } from "../../../components/link";
import { ProblemNotice } from "../../../components/problem-notice";
import { TimeAgo } from "../../../components/time-ago";
import { toProblem } from "../../../lib/problem";
import { DisconnectShare } from "./-disconnect-share";

interface AccessCardProps {
  integration: IntegrationBody;
  /** Why the reader may not change it. */
  reason?: string;
}

/** Whose an integration is, and which groups have access. */
export function AccessCard({ integration, reason }: AccessCardProps) {
  const shares = useShares(integration.id);
  const navigate = useNavigate();
  const change = "Change the groups";
  return (
    <Card
      title="Groups with access"
      aside={
        reason ? (
          <ActionButton size="xs" variant="default" reason={reason} onClick={() => {}}>
            {change}
          </ActionButton>
        ) : (
          <LinkButton size="xs" variant="default" to="/integrations/$id/set-up/groups" params={{ id: integration.id }}>
            {change}
          </LinkButton>
        )
      }
    >
      {shares.isPending && <Skeleton height={64} />}
      {shares.isError && <ProblemNotice problem={toProblem(shares.error)} onRetry={() => shares.refetch()} />}
      {shares.data && (
        <dl className={classes.facts}>
          <dt>Owner group</dt>
          <dd dir="auto">{shares.data.shares.group?.name ?? "The whole workspace"}</dd>
          <dt>{integration.is_received ? "Shared with you in" : "Shared with"}</dt>
          <dd>
            {shares.data.shares.groups.map((share) => (
              <div key={share.id} style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 8px" }}>
                <span dir="auto">{share.name}</span>
                <span className="quiet">
                  since <TimeAgo at={share.shared_at} />
                </span>
                {integration.is_received && (
                  <DisconnectShare
                    integration={integration}
                    group={share}
                    onDisconnected={() => navigate({ to: "/integrations" })}
                  />
                )}
              </div>
            ))}
            {shares.data.shares.groups.length === 0 &&
              (shares.data.shares.group ? "Nobody: it is private" : "Everybody")}
          </dd>
        </dl>
      )}
    </Card>
  );
}
