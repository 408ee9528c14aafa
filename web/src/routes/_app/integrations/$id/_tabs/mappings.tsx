import { Button } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { isChanged } from "../../../../../api/client";
import {
  useEntities,
  useFieldMappings,
  useMappingsVersion,
  usePutFieldMappings,
} from "../../../../../api/field-mappings";
import { useMember } from "../../../../../api/session";
import type { NewFieldMappingBody } from "../../../../../api/types";
import { Card } from "../../../../../components/card";
import { EmptyState } from "../../../../../components/empty-state";
import { MappingList } from "../../../../../components/mapping-list";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { TableSkeleton } from "../../../../../components/table";
import { TwoVersions } from "../../../../../components/two-versions";
import { finished, mappingLines } from "../../../../../lib/mappings";
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
  const version = useMappingsVersion(id);
  const [edited, setEdited] = useState<NewFieldMappingBody[]>();
  // What was there when somebody began to change it.
  const [seen, setSeen] = useState<string>();
  if (saved.isError) return <ProblemNotice problem={toProblem(saved.error)} onRetry={() => saved.refetch()} />;
  if (!saved.data) return <TableSkeleton columns={["Property", "Salesforce field", "Values"]} />;

  function edit(next: NewFieldMappingBody[]) {
    if (!edited) setSeen(version);
    setEdited(next);
  }

  function save(over: string | undefined) {
    if (!edited) return;
    put.mutate(
      { items: finished(edited), seen: over },
      {
        onSuccess: () => {
          setEdited(undefined);
          tellDone("Mappings saved.");
        },
      },
    );
  }

  function startOver() {
    setEdited(undefined);
    put.reset();
  }

  const isLost = edited !== undefined && isChanged(put.error);

  return (
    <>
      <MappingEditor integration={id} mappings={edited ?? saved.data} onChange={edit} />
      {put.isError && !isLost && <ProblemNotice problem={toProblem(put.error)} onRetry={() => save(seen)} />}
      {isLost && (
        <TwoVersions
          what="mapping"
          theirs={mappingLines(saved.data, edited)}
          mine={mappingLines(edited, saved.data)}
          isSaving={put.isPending}
          onKeepTheirs={startOver}
          onSaveMine={() => save(version)}
        />
      )}
      <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 12, marginTop: 16 }}>
        <Button onClick={() => save(seen)} loading={put.isPending} disabled={!edited || isLost}>
          Save mappings
        </Button>
        {edited && (
          <Button variant="subtle" color="gray" onClick={startOver}>
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
