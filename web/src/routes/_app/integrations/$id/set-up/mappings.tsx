import { createFileRoute } from "@tanstack/react-router";
import { useFieldMappings } from "../../../../../api/field-mappings";
import { useGroups } from "../../../../../api/groups";
import { LinkButton } from "../../../../../components/link";
import { StepFoot } from "../../../../../components/steps";
import { useMappingDraft } from "../../../../../lib/mapping-draft";
import { MappingEditor } from "../../-mapping-editor";

export const Route = createFileRoute("/_app/integrations/$id/set-up/mappings")({ component: Mappings });

function Mappings() {
  const { id } = Route.useParams();
  const saved = useFieldMappings(id);
  const { draft, setDraft } = useMappingDraft(id);
  const mappings = draft ?? saved.data ?? [];
  const groups = useGroups();
  // Where there are none, nothing is to be chosen among them.
  const next = groups.data?.length === 0 ? "review" : "groups";
  return (
    <>
      <MappingEditor integration={id} mappings={mappings} onChange={setDraft} />
      <StepFoot
        back={
          <LinkButton variant="default" to="/integrations/$id/set-up/fields" params={{ id }}>
            Back
          </LinkButton>
        }
      >
        <LinkButton to={`/integrations/$id/set-up/${next}`} params={{ id }} disabled={mappings.length === 0}>
          Continue to {next}
        </LinkButton>
      </StepFoot>
    </>
  );
}
