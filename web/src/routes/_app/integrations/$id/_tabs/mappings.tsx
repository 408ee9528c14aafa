import { Button } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { useEntities, useFieldMappings, usePutFieldMappings } from "../../../../../api/field-mappings";
import { useMember } from "../../../../../api/session";
import type { NewFieldMappingBody } from "../../../../../api/types";
import { Card } from "../../../../../components/card";
import { EmptyState } from "../../../../../components/empty-state";
import { MappingList } from "../../../../../components/mapping-list";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { TableSkeleton } from "../../../../../components/table";
import { toProblem } from "../../../../../lib/problem";
import { isAtLeast } from "../../../../../lib/roles";
import { tellDone } from "../../../../../lib/tell";
import { MappingEditor } from "../../-mapping-editor";

export const Route = createFileRoute("/_app/integrations/$id/_tabs/mappings")({ component: Mappings });

function Mappings() {
  const { id } = Route.useParams();
  const member = useMember();
  return isAtLeast(member.role, "admin") ? <Editable id={id} /> : <ReadOnly id={id} />;
}

function Editable({ id }: { id: string }) {
  const saved = useFieldMappings(id);
  const put = usePutFieldMappings(id);
  const [edited, setEdited] = useState<NewFieldMappingBody[]>();
  if (saved.isError) return <ProblemNotice problem={toProblem(saved.error)} onRetry={() => saved.refetch()} />;
  if (!saved.data) return <TableSkeleton columns={["Property", "Type", "Salesforce field", "Suggestion"]} />;

  function save() {
    if (!edited) return;
    put.mutate(edited, {
      onSuccess: () => {
        setEdited(undefined);
        tellDone("Mappings saved.");
      },
    });
  }

  return (
    <>
      <MappingEditor integration={id} mappings={edited ?? saved.data} onChange={setEdited} />
      {put.isError && <ProblemNotice problem={toProblem(put.error)} onRetry={save} />}
      <div style={{ display: "flex", alignItems: "center", gap: 12, marginTop: 16 }}>
        <Button onClick={save} loading={put.isPending} disabled={!edited}>
          Save mappings
        </Button>
        {edited && (
          <Button variant="subtle" color="gray" onClick={() => setEdited(undefined)}>
            Undo changes
          </Button>
        )}
        <span className="quiet small">Nothing is read again: a mapping says only where a property is found.</span>
      </div>
    </>
  );
}

function ReadOnly({ id }: { id: string }) {
  const mappings = useFieldMappings(id);
  const entities = useEntities();
  return (
    <Card title="Field mappings" flush>
      {mappings.isPending && <TableSkeleton columns={["Entity", "Property", "Salesforce field"]} />}
      {mappings.isError && <ProblemNotice problem={toProblem(mappings.error)} onRetry={() => mappings.refetch()} />}
      {mappings.data?.length === 0 && (
        <EmptyState title="No field is mapped yet">A mapping says which Salesforce field feeds a property.</EmptyState>
      )}
      {mappings.data && mappings.data.length > 0 && (
        <MappingList mappings={mappings.data} entities={entities.data ?? []} />
      )}
    </Card>
  );
}
