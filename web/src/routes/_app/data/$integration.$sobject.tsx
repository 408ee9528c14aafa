import { Button } from "@mantine/core";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useIntegration } from "../../../api/integrations";
import { useRecordSObjects, useRecords } from "../../../api/records";
import type { IntegrationBody } from "../../../api/types";
import { Card } from "../../../components/card";
import { EmptyState } from "../../../components/empty-state";
import { EnvironmentBadge } from "../../../components/environment-badge";
import { IntegrationState } from "../../../components/integration-state";
import { Link } from "../../../components/link";
import { PageHeader } from "../../../components/page-header";
import { Pager } from "../../../components/pager";
import { ProblemNotice } from "../../../components/problem-notice";
import { RecordTable } from "../../../components/record-table";
import { RecordToolbar } from "../../../components/record-toolbar";
import { TableSkeleton } from "../../../components/table";
import {
  chooseColumns,
  type ExplorerState,
  fromTheTop,
  PAGE_SIZE,
  readExplorerState,
  toRecordQuery,
} from "../../../lib/explorer-state";
import { formatCount } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { nextPage, nextSort, parseSort, previousPage, rangeWords } from "../../../lib/record-filter";
import { RecordDrawer } from "./-record-drawer";

export const Route = createFileRoute("/_app/data/$integration/$sobject")({
  validateSearch: readExplorerState,
  component: Explorer,
});

function Explorer() {
  const { integration: id, sobject } = Route.useParams();
  const state = Route.useSearch();
  const navigate = useNavigate();
  const integration = useIntegration(id);
  const sobjects = useRecordSObjects(id);
  const records = useRecords(id, sobject, toRecordQuery(state));
  const allColumns = records.data?.columns ?? [];
  const columns = chooseColumns(allColumns, state.fields);
  const label = sobjects.data?.find((one) => one.sobject === sobject)?.label ?? sobject;
  const go = (next: ExplorerState, replace = false) =>
    navigate({ to: "/data/$integration/$sobject", params: { integration: id, sobject }, search: next, replace });
  const show = (change: ExplorerState) => go(fromTheTop(state, change));

  return (
    <>
      <PageHeader
        title={label}
        crumbs={
          <>
            <Link to="/data">Data</Link>
            <span aria-hidden>/</span>
            <Link to="/integrations/$id" params={{ id }} dir="auto">
              {integration.data?.name ?? "Integration"}
            </Link>
          </>
        }
        line={
          integration.data && (
            <>
              <code>{sobject}</code>
              <EnvironmentBadge environment={integration.data.org.environment} />
              <IntegrationState integration={integration.data} />
            </>
          )
        }
      />
      <Card flush>
        <RecordToolbar state={state} columns={columns} allColumns={allColumns} onChange={show} />
        {records.isPending && <TableSkeleton columns={["Name", "Created", "Owner", "Status", "Amount"]} rows={12} />}
        {records.isError && (
          <div style={{ padding: 16 }}>
            <ProblemNotice problem={toProblem(records.error)} onRetry={() => records.refetch()} />
          </div>
        )}
        {records.data && !records.isError && records.data.items.length === 0 && (
          <Nothing state={state} integration={integration.data} onClear={() => go({})} />
        )}
        {records.data && !records.isError && records.data.items.length > 0 && (
          <RecordTable
            label={label}
            columns={columns}
            rows={records.data.items}
            sort={parseSort(state.sort)}
            isOld={records.isPlaceholderData}
            selected={state.record}
            onSort={(field) => show({ sort: nextSort(state.sort, field) })}
            onOpen={(record) => go({ ...state, record })}
          />
        )}
        {records.data && !records.isError && (
          <Pager
            words={rangeWords(
              state.page ?? 1,
              PAGE_SIZE,
              records.data.items.length,
              records.data.total,
              records.data.total_is_exact,
            )}
            onPrevious={
              (state.page ?? 1) > 1 ? () => go({ ...fromTheTop(state, {}), ...previousPage(state) }) : undefined
            }
            onNext={records.data.next ? () => go({ ...state, ...nextPage(state, records.data.next ?? "") }) : undefined}
          />
        )}
      </Card>
      <RecordDrawer
        integration={id}
        sobject={sobject}
        recordId={state.record}
        onClose={() => go({ ...state, record: undefined })}
      />
    </>
  );
}

interface NothingProps {
  state: ExplorerState;
  integration?: IntegrationBody;
  onClear: () => void;
}

function Nothing({ state, integration, onClear }: NothingProps) {
  if (state.q || state.filter || state.gone) {
    return (
      <EmptyState
        title="No record matches"
        action={
          <Button variant="default" size="xs" onClick={onClear}>
            Clear the search and all filters
          </Button>
        }
      >
        Take a filter away or search for something else.
      </EmptyState>
    );
  }
  const run = integration?.current_run;
  if (run)
    return (
      <EmptyState title="A sync is running">{formatCount(run.counts.rows_read, "record")} read so far.</EmptyState>
    );
  return <EmptyState title="No records">Salesforce has none that the sync rule and its user let us see.</EmptyState>;
}
