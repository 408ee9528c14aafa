import { Select, Skeleton } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { useGroups } from "../../../../../api/groups";
import { type SeenShares, useShares } from "../../../../../api/shares";
import type { GroupBody } from "../../../../../api/types";
import { Card, Sections } from "../../../../../components/card";
import { EmptyState } from "../../../../../components/empty-state";
import { GroupPicker } from "../../../../../components/group-picker";
import { Link, LinkButton } from "../../../../../components/link";
import { ProblemNotice } from "../../../../../components/problem-notice";
import { StepFoot } from "../../../../../components/steps";
import { toProblem } from "../../../../../lib/problem";
import { type ShareDraft, useShareDraft } from "../../../../../lib/share-draft";
import {
  connectedWith,
  isSameSharing,
  type Sharing,
  savedSharing,
  sharingChanges,
  sharingWords,
  wantedSharing,
} from "../../../../../lib/sharing";

export const Route = createFileRoute("/_app/integrations/$id/set-up/groups")({ component: Groups });

/** Stands for the whole workspace where a group is chosen. */
const EVERYBODY = "everybody";

function Groups() {
  const { id } = Route.useParams();
  const shares = useShares(id);
  const groups = useGroups();
  const { shareDraft, setShareDraft, clearShareDraft } = useShareDraft(id);
  const failed = [shares, groups].find(({ isError }) => isError);
  return (
    <>
      {failed && <ProblemNotice problem={toProblem(failed.error)} onRetry={() => failed.refetch()} />}
      {!failed && !(shares.data && groups.data) && <Skeleton height={320} />}
      {!failed && shares.data && groups.data && (
        <Choice
          seen={shares.data}
          draft={shareDraft}
          all={groups.data}
          onChange={(draft) => (draft ? setShareDraft(draft) : clearShareDraft())}
        />
      )}
      <StepFoot
        back={
          <LinkButton variant="default" to="/integrations/$id/set-up/mappings" params={{ id }}>
            Back
          </LinkButton>
        }
      >
        <LinkButton to="/integrations/$id/set-up/review" params={{ id }}>
          Continue to review
        </LinkButton>
      </StepFoot>
    </>
  );
}

interface ChoiceProps {
  seen: SeenShares;
  draft: ShareDraft | null;
  all: GroupBody[];
  /** Nothing where what is chosen is what there is. */
  onChange: (draft: ShareDraft | undefined) => void;
}

function Choice({ seen, draft, all, onChange }: ChoiceProps) {
  const saved = savedSharing(seen.shares);
  const wanted = wantedSharing(seen.shares, draft, all);
  const own = all.find(({ id }) => id === wanted.owner);

  function choose(next: Sharing) {
    const version = draft?.seen ?? seen.version;
    onChange(isSameSharing(saved, next) ? undefined : { group_id: next.owner, groups: next.others, seen: version });
  }

  if (all.length === 0) {
    return (
      <Card title="Connect groups">
        <EmptyState
          title="Everybody in the workspace has access"
          action={
            <LinkButton variant="default" to="/settings/groups">
              Make a group
            </LinkButton>
          }
        >
          There are no groups yet. An integration of a group is private to its members, until it is shared with other
          groups.
        </EmptyState>
      </Card>
    );
  }
  const changes = sharingChanges(saved, wanted, all);
  return (
    <Sections>
      <Card title="Own group">
        <Select
          label="This integration belongs to"
          description="Its members have access, and who manages integrations in this workspace."
          maw={360}
          allowDeselect={false}
          value={wanted.owner ?? EVERYBODY}
          data={ownersOf(saved.owner, all)}
          onChange={(value) =>
            value && choose(value === EVERYBODY ? { owner: null, others: [] } : { owner: value, others: [] })
          }
        />
      </Card>
      <Card title="Connect groups" flush>
        {own ? (
          <GroupPicker
            own={own}
            groups={connectedWith(own.id, all)}
            chosen={wanted.others}
            onChange={(others) => choose({ ...wanted, others })}
          />
        ) : (
          <p style={{ margin: 16 }}>
            Everybody in the workspace has access. Choose a group above to keep it private, or to share it with some.
          </p>
        )}
        {own && own.connected.length === 0 && (
          <p className="quiet" style={{ margin: 16 }}>
            {own.name} is connected with no other group yet.{" "}
            <Link to="/settings/groups/$id" params={{ id: own.id }} underline="always">
              Connect it with some
            </Link>{" "}
            to share integrations with them.
          </p>
        )}
      </Card>
      <p role="status" style={{ margin: 0, fontWeight: 500 }}>
        {changes.length > 0 ? changes.join(" ") : outlook(wanted, all)}
      </p>
    </Sections>
  );
}

/** Groups that may own an integration: those that Salesforce is switched on for, the reader's own first. */
function ownersOf(present: string | null, all: GroupBody[]) {
  const may = all.filter(({ id, salesforce_on_at }) => salesforce_on_at !== null || id === present);
  const [own, others] = [may.filter(({ is_mine }) => is_mine), may.filter(({ is_mine }) => !is_mine)];
  const choices = [...own, ...others].map(({ id, name, is_mine }) => ({
    value: id,
    label: is_mine ? `${name} (you are in it)` : name,
  }));
  return [...choices, { value: EVERYBODY, label: "The whole workspace" }];
}

function outlook(wanted: Sharing, all: GroupBody[]): string {
  if (wanted.owner !== null && wanted.others.length === 0) {
    return `Private: ${sharingWords(wanted, all)} has access.`;
  }
  const isOne = wanted.owner === null;
  return `${sharingWords(wanted, all)} ${isOne ? "has" : "have"} access.`;
}
