import { IconPlugConnected } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { useLiveIntegrations } from "../../../api/events";
import { useIntegrations } from "../../../api/integrations";
import { useMember } from "../../../api/session";
import { ActionButton } from "../../../components/action-button";
import { Card } from "../../../components/card";
import { EmptyState } from "../../../components/empty-state";
import { IntegrationTable } from "../../../components/integration-table";
import { LinkButton } from "../../../components/link";
import { PageHeader } from "../../../components/page-header";
import { ProblemNotice } from "../../../components/problem-notice";
import { TableSkeleton } from "../../../components/table";
import { toProblem } from "../../../lib/problem";
import { reasonAgainst } from "../../../lib/roles";

export const Route = createFileRoute("/_app/integrations/")({ component: Integrations });

function Integrations() {
  useLiveIntegrations();
  const integrations = useIntegrations();
  const member = useMember();
  const reason = reasonAgainst(member.role, "admin");
  const connect = reason ? (
    <ActionButton reason={reason} onClick={() => {}}>
      Connect Salesforce
    </ActionButton>
  ) : (
    <LinkButton to="/integrations/new">Connect Salesforce</LinkButton>
  );
  const isEmpty = integrations.data?.length === 0;
  return (
    <>
      <PageHeader
        title="Integrations"
        line="Each copies what you choose of one Salesforce org."
        actions={integrations.data && !isEmpty && connect}
      />
      {integrations.isError && (
        <ProblemNotice problem={toProblem(integrations.error)} onRetry={() => integrations.refetch()} />
      )}
      {integrations.isPending && (
        <Card flush>
          <TableSkeleton columns={["Name", "Org", "Status", "Records", "sObjects", "Next", "Calls today"]} />
        </Card>
      )}
      {isEmpty && (
        <Card>
          <EmptyState
            icon={<IconPlugConnected size={32} stroke={1.5} aria-hidden />}
            title="No integration yet"
            action={connect}
          >
            <ConnectSteps />
          </EmptyState>
        </Card>
      )}
      {integrations.data && !isEmpty && (
        <Card flush>
          <IntegrationTable integrations={integrations.data} />
        </Card>
      )}
    </>
  );
}

function ConnectSteps() {
  return (
    <>
      It takes about ten minutes and a Salesforce user who may authorise apps.
      <ol style={{ textAlign: "left", margin: "12px auto 0", width: "fit-content", paddingLeft: 20 }}>
        <li>Sign in at Salesforce and allow the connection.</li>
        <li>Choose sObjects, which records and which fields.</li>
        <li>Map fields to the properties of companies, people and deals.</li>
        <li>Save. The first sync starts at once.</li>
      </ol>
    </>
  );
}
