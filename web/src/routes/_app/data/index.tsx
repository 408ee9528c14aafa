import { IconDatabase } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { useIntegrations } from "../../../api/integrations";
import { useRecordSObjectsOf } from "../../../api/records";
import type { IntegrationBody } from "../../../api/types";
import { Card, Sections } from "../../../components/card";
import { EmptyState } from "../../../components/empty-state";
import { EnvironmentBadge } from "../../../components/environment-badge";
import { IntegrationState } from "../../../components/integration-state";
import { LinkButton } from "../../../components/link";
import { PageHeader } from "../../../components/page-header";
import { ProblemNotice } from "../../../components/problem-notice";
import { RecordSObjectTable } from "../../../components/record-sobject-table";
import { TableSkeleton } from "../../../components/table";
import { formatCount } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";

export const Route = createFileRoute("/_app/data/")({ component: Data });

const columns = ["sObject", "Records", "Gone", "Fields"];

function Data() {
  const integrations = useIntegrations();
  const all = integrations.data ?? [];
  const tables = useRecordSObjectsOf(all.map(({ id }) => id));
  return (
    <>
      <PageHeader title="Data" line="The copy of your orgs, one table for each sObject." />
      <Sections>
        {integrations.isPending && (
          <Card flush>
            <TableSkeleton columns={columns} />
          </Card>
        )}
        {integrations.isError && (
          <ProblemNotice problem={toProblem(integrations.error)} onRetry={() => integrations.refetch()} />
        )}
        {integrations.data?.length === 0 && (
          <Card>
            <EmptyState
              icon={<IconDatabase size={32} stroke={1.5} aria-hidden />}
              title="Nothing is copied yet"
              action={<LinkButton to="/integrations">Go to integrations</LinkButton>}
            >
              Connect an org and choose what to copy; its records are here then, to search, filter and sort.
            </EmptyState>
          </Card>
        )}
        {all.map((integration, index) => {
          const table = tables[index];
          return (
            <Card
              key={integration.id}
              title={integration.name}
              flush
              aside={
                <span style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 8 }}>
                  <EnvironmentBadge environment={integration.org.environment} />
                  <IntegrationState integration={integration} />
                </span>
              }
            >
              {table?.isPending && <TableSkeleton columns={columns} rows={3} />}
              {table?.isError && <ProblemNotice problem={toProblem(table.error)} onRetry={() => table.refetch()} />}
              {table?.data?.length === 0 && <NoRecords integration={integration} />}
              {table?.data && table.data.length > 0 && (
                <RecordSObjectTable integration={integration.id} sobjects={table.data} />
              )}
            </Card>
          );
        })}
      </Sections>
    </>
  );
}

function NoRecords({ integration }: { integration: IntegrationBody }) {
  const { current_run, missing } = integration;
  if (current_run) {
    return (
      <EmptyState title="The first sync is running">
        {formatCount(current_run.counts.rows_read, "record")} so far.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No records yet"
      action={
        <LinkButton variant="default" to="/integrations/$id" params={{ id: integration.id }}>
          Open the integration
        </LinkButton>
      }
    >
      {missing.length > 0 ? "Its set-up is not finished." : "They are here once the first sync has begun."}
    </EmptyState>
  );
}
