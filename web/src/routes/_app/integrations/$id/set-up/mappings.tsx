import { createFileRoute } from "@tanstack/react-router";
import { useFieldMappings } from "../../../../../api/field-mappings";
import { useGroups } from "../../../../../api/groups";
import { LinkButton } from "../../../../../components/link";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { StepFoot } from "../../../../../components/steps";
import { TableSkeleton } from "../../../../../components/table";
import { TwoVersions } from "../../../../../components/two-versions";
import { mappingLines } from "../../../../../lib/mappings";
import { toProblem } from "../../../../../lib/problem";
import { useMappingDraftEditor } from "../../../../../lib/use-mapping-draft";
import { MappingEditor } from "../../-mapping-editor";

export const Route = createFileRoute("/_app/integrations/$id/set-up/mappings")({ component: Mappings });

function Mappings() {
  const { id } = Route.useParams();
  const saved = useFieldMappings(id);
  const draft = useMappingDraftEditor(id);
  const mappings = draft.draft ?? saved.data ?? [];
  const failed = draft.loadError ?? saved.error;
  const isPending = draft.isPending || saved.isPending;
  const groups = useGroups();
  // Where there are none, nothing is to be chosen among them.
  const lacks = draft.lost
    ? "Decide above which version stays."
    : draft.saveError !== undefined
      ? "What you chose is not kept yet."
      : !isPending && !failed && mappings.length === 0
        ? "Map one field first."
        : undefined;
  const next = groups.data?.length === 0 ? "review" : "groups";
  return (
    <>
      {isPending && <TableSkeleton columns={["Property", "Salesforce field", "Values"]} />}
      {failed && (
        <ProblemNotice
          problem={toProblem(failed)}
          onRetry={() => {
            draft.refetch();
            saved.refetch();
          }}
        />
      )}
      {!isPending && !failed && <MappingEditor integration={id} mappings={mappings} onChange={draft.change} />}
      {draft.saveError !== undefined && <ProblemNotice problem={toProblem(draft.saveError)} onRetry={draft.retry} />}
      {draft.lost && (
        <TwoVersions
          what="mapping"
          theirs={mappingLines(draft.theirs ?? [], draft.lost)}
          mine={mappingLines(draft.lost, draft.theirs ?? [])}
          isSaving={draft.isSaving}
          onKeepTheirs={draft.keepTheirs}
          onSaveMine={draft.saveLost}
        />
      )}
      <StepFoot
        lacks={lacks}
        back={
          <LinkButton variant="default" to="/integrations/$id/set-up/fields" params={{ id }}>
            Back
          </LinkButton>
        }
      >
        <span className="quiet small" role="status" style={{ alignSelf: "center" }}>
          {draft.isSaving ? "Saving…" : draft.isSaved && !draft.lost ? "Kept" : "\u00a0"}
        </span>
        <LinkButton
          to={`/integrations/$id/set-up/${next}`}
          params={{ id }}
          disabled={mappings.length === 0 || lacks !== undefined}
          onClick={draft.saveNow}
        >
          Continue to {next}
        </LinkButton>
      </StepFoot>
    </>
  );
}
