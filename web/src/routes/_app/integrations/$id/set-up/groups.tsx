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
import { TwoVersions } from "../../../../../components/two-versions";
import { toProblem } from "../../../../../lib/problem";
import { type ShareDraft, useShareDraft } from "../../../../../lib/share-draft";
import {
  connectedWith,
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
  const draft = useShareDraft(id);
  const failed = [shares, groups].find(({ isError }) => isError);
  const all = groups.data ?? [];
  const lacks = draft.lost
    ? "Decide above which version stays."
    : draft.saveError !== undefined
      ? "What you chose is not kept yet."
      : undefined;
  const lines = (choice: ShareDraft | null) =>
    shares.data ? [{ label: "Access", value: sharingWords(wantedSharing(shares.data.shares, choice, all), all) }] : [];
  return (
    <>
      {failed && <ProblemNotice problem={toProblem(failed.error)} onRetry={() => failed.refetch()} />}
      {draft.loadError && <ProblemNotice problem={toProblem(draft.loadError)} onRetry={() => draft.refetch()} />}
      {!failed && (draft.isPending || !(shares.data && groups.data)) && <Skeleton height={320} />}
      {!failed && !draft.isPending && !draft.loadError && shares.data && groups.data && (
        <Choice seen={shares.data} draft={draft.shareDraft} all={groups.data} onChange={draft.setShareDraft} />
      )}
      {draft.saveError && <ProblemNotice problem={toProblem(draft.saveError)} />}
      {draft.lost && (
        <TwoVersions
          what="choice of groups"
          theirs={lines(draft.shareDraft)}
          mine={lines(draft.lost)}
          isSaving={draft.isSaving}
          onKeepTheirs={draft.keepTheirs}
          onSaveMine={draft.saveLost}
        />
      )}
      <StepFoot
        lacks={lacks}
        back={
          <LinkButton variant="default" to="/integrations/$id/set-up/mappings" params={{ id }}>
            Back
          </LinkButton>
        }
      >
        <span className="quiet small" role="status" style={{ alignSelf: "center" }}>
          {draft.isSaving ? "Saving…" : draft.isSaved ? "Kept" : "\u00a0"}
        </span>
        <LinkButton to="/integrations/$id/set-up/review" params={{ id }} disabled={lacks !== undefined}>
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
  onChange: (draft: ShareDraft) => void;
}

function Choice({ seen, draft, all, onChange }: ChoiceProps) {
  const saved = savedSharing(seen.shares);
  const wanted = wantedSharing(seen.shares, draft, all);
  const own = all.find(({ id }) => id === wanted.owner);

  function choose(next: Sharing) {
    const version = seen.version?.replaceAll('"', "") ?? "";
    onChange({ group_id: next.owner, groups: next.others, seen: draft?.seen ?? version });
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
