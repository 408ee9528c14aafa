import { Button, Skeleton } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { isChanged } from "../../../../../api/client";
import {
  useEntities,
  useFieldMappings,
  useMappingsPreview,
  useMappingsVersion,
} from "../../../../../api/field-mappings";
import { useGroups } from "../../../../../api/groups";
import { useIntegration } from "../../../../../api/integrations";
import { useFinishSetUp } from "../../../../../api/set-up";
import { type SeenShares, useShares } from "../../../../../api/shares";
import { useDescribes } from "../../../../../api/sobjects";
import { rulePreviewQuery, useSyncRules } from "../../../../../api/sync-rules";
import type {
  FieldMappingBody,
  GroupBody,
  IntegrationBody,
  NewFieldMappingBody,
  SetUpEnd,
  SyncRuleBody,
  SyncRulePreview,
} from "../../../../../api/types";
import { Card, Sections } from "../../../../../components/card";
import { Figure, Figures } from "../../../../../components/figures";
import { LinkButton } from "../../../../../components/link";
import { Notice, ProblemNotice } from "../../../../../components/problem-notice";
import { ReviewTable } from "../../../../../components/review-table";
import { StepFoot } from "../../../../../components/steps";
import { Dash } from "../../../../../components/table";
import { TwoVersions } from "../../../../../components/two-versions";
import { comingCompanies } from "../../../../../lib/companies";
import { formatCount, formatList, formatNumber } from "../../../../../lib/format";
import { finished, mappingLines, replacedLines } from "../../../../../lib/mappings";
import { toProblem } from "../../../../../lib/problem";
import { useShareDraft } from "../../../../../lib/share-draft";
import { type Sharing, savedSharing, sharingChanges, sharingWords, wantedSharing } from "../../../../../lib/sharing";
import { tellDone } from "../../../../../lib/tell";
import { useMappingDraft } from "../../../../../lib/use-mapping-draft";
import { MappingGaps } from "../../-mapping-gaps";

export const Route = createFileRoute("/_app/integrations/$id/set-up/review")({ component: Review });

function Review() {
  const { id } = Route.useParams();
  const integration = useIntegration(id);
  const rules = useSyncRules(id);
  const shares = useShares(id);
  const groups = useGroups();
  const saved = useFieldMappings(id);
  const version = useMappingsVersion(id);
  const draft = useMappingDraft(id);
  const shareDraft = useShareDraft(id);
  const failed = [rules, shares, groups, saved].find(({ isError }) => isError);
  if (failed) return <ProblemNotice problem={toProblem(failed.error)} onRetry={() => failed.refetch()} />;
  const unread = draft.error ? draft : shareDraft.loadError ? shareDraft : undefined;
  if (unread) {
    const error = draft.error ?? shareDraft.loadError;
    return <ProblemNotice problem={toProblem(error)} onRetry={() => unread.refetch()} />;
  }
  if (draft.isPending || shareDraft.isPending) return <Skeleton height={320} />;
  if (!rules.data || !integration.data || !shares.data || !groups.data || !saved.data) return <Skeleton height={320} />;
  return (
    <ReviewOf
      // What the step before still saves is seen once it is there.
      key={draft.isSaving || shareDraft.isSaving ? "saving" : "saved"}
      integration={integration.data}
      rules={rules.data}
      shares={shares.data}
      groups={groups.data}
      chosen={{ mappings: draft.draft, saved: saved.data, version: bare(version), draftVersion: bare(draft.version) }}
      isSaving={draft.isSaving || shareDraft.isSaving}
    />
  );
}

/** A version as a body names it. */
function bare(etag: string | undefined): string | undefined {
  return etag?.replaceAll('"', "");
}

/** The mappings, and which versions of them somebody looks at. */
interface Chosen {
  /** Those that are not saved yet. */
  mappings: NewFieldMappingBody[] | undefined;
  saved: FieldMappingBody[];
  version: string | undefined;
  draftVersion: string | undefined;
}

interface ReviewOfProps {
  integration: IntegrationBody;
  rules: SyncRuleBody[];
  shares: SeenShares;
  groups: GroupBody[];
  chosen: Chosen;
  isSaving: boolean;
}

function ReviewOf({ integration, rules, shares: seen, groups, chosen: now, isSaving }: ReviewOfProps) {
  const { id } = integration;
  const navigate = useNavigate();
  const entities = useEntities();
  // What somebody saw when they came here. What a colleague changes meanwhile is not undone unseen.
  const [chosen, setChosen] = useState(now);
  const finish = useFinishSetUp(id);
  const { shareDraft, clearShareDraft } = useShareDraft(id);
  const sharing = wantedSharing(seen.shares, shareDraft, groups);
  const mappings: NewFieldMappingBody[] = chosen.mappings ?? chosen.saved;
  const changes = sharingChanges(savedSharing(seen.shares), sharing, groups);
  const owner = groups.find((group) => group.id === sharing.owner);
  const previews = useQueries({ queries: rules.map((rule) => rulePreviewQuery(id, rule)) });
  const known = previews.flatMap(({ data }) => (data ? [data] : []));
  const describes = useDescribes(
    id,
    rules.map(({ sobject }) => sobject),
  );
  const fields = countFields(
    rules,
    describes.map(({ data }) => data?.fields.filter(({ skipped }) => skipped === null).length),
  );
  const checked = useMappingsPreview(id, finished(mappings));
  const companies = comingCompanies(
    rules,
    previews.map(({ data }) => data),
    mappings,
    entities.data ?? [],
  );
  const missing = (entities.data ?? [])
    .filter((entity) => mappings.some((mapping) => mapping.entity === entity.name))
    .flatMap((entity) =>
      entity.properties
        .filter(
          ({ name, required }) =>
            required && !mappings.some((one) => one.entity === entity.name && one.property === name),
        )
        .map(({ label }) => `${entity.label}: ${label}`),
    );
  // A draft may be older than what a colleague has saved since.
  const replaced = chosen.mappings ? replacedLines(chosen.saved, finished(chosen.mappings)) : [];
  const lacks =
    rules.length === 0 ? "Choose an sObject first." : mappings.length === 0 ? "Map one field first." : undefined;

  /** All of it is saved, or nothing: nobody gains access where the mappings are refused. */
  function save(over: Chosen, sharesSeen: string | undefined) {
    const end: SetUpEnd = {
      mappings: chosen.mappings && finished(chosen.mappings),
      mappings_seen: over.version,
      draft_seen: over.draftVersion,
      shares:
        changes.length > 0 && sharesSeen
          ? { group_id: sharing.owner, groups: sharing.others, seen: sharesSeen }
          : undefined,
    };
    finish.mutate(end, { onSuccess: leave });
  }

  function keepTheirs() {
    clearShareDraft();
    setChosen(now);
    finish.reset();
  }

  function leave() {
    tellDone(integration.status === "incomplete" ? "Saved. The first sync starts now." : "Saved.");
    navigate({ to: "/integrations/$id", params: { id } });
  }

  const theirs: NewFieldMappingBody[] = now.mappings ?? now.saved;
  const saveAsSeen = () => save(chosen, shareDraft?.seen ?? bare(seen.version));
  const isLost = isChanged(finish.error);
  return (
    <>
      <Sections>
        <Card title="What will happen">
          <p style={{ marginTop: 0, fontSize: 16, fontWeight: 500 }}>
            {outlook(
              rules,
              known,
              previews.some(({ isPending }) => isPending),
            )}
          </p>
          <Figures>
            <Figure label="Owner group" value={<span dir="auto">{owner?.name ?? "The whole workspace"}</span>} />
            <Figure label="Groups with access" value={<Readers sharing={sharing} groups={groups} />} />
            <Figure
              label="Companies"
              value={companies.count === undefined || !entities.data ? <Dash /> : formatNumber(companies.count)}
              note={
                companies.from.length > 0
                  ? `at most: one for each record of ${formatList(companies.from)}`
                  : "no field feeds a company's property"
              }
            />
            <Figure label="sObjects" value={formatNumber(rules.length)} />
            <Figure
              label="Fields"
              value={fields === undefined ? <Dash /> : formatNumber(fields)}
              note={rules.every((rule) => rule.fields === null) ? "all that the user can read" : undefined}
            />
            <Figure label="Mapped fields" value={formatNumber(mappings.length)} />
            <Figure label="Calls for the first load" value={`≈ ${formatNumber(sum(known, "calls_first_load"))}`} />
            <Figure label="Calls a day after that" value={`≈ ${formatNumber(sum(known, "calls_per_day"))}`} />
          </Figures>
          <p className="quiet" style={{ margin: "16px 0 0" }}>
            No page lists companies, people or deals yet. Until one does, mapped values show only in the preview of the
            mappings; the copy holds every field as Salesforce has it.
          </p>
        </Card>
        {changes.length > 0 && !isLost && (
          <Notice>
            <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px 16px" }}>
              <span style={{ flex: "1 1 260px" }}>{changes.join(" ")}</span>
              <LinkButton size="xs" variant="default" to="/integrations/$id/set-up/groups" params={{ id }}>
                Change the groups
              </LinkButton>
            </div>
          </Notice>
        )}
        {isLost && (
          <TwoVersions
            what="set-up"
            theirs={[...mappingLines(theirs, mappings), ...sharingLines(savedSharing(seen.shares), groups)]}
            mine={[...mappingLines(mappings, theirs), ...sharingLines(sharing, groups)]}
            isSaving={finish.isPending}
            onKeepTheirs={keepTheirs}
            onSaveMine={() => save(now, bare(seen.version))}
          />
        )}
        {finish.isError && !isLost && <ProblemNotice problem={toProblem(finish.error)} onRetry={saveAsSeen} />}
        {replaced.length > 0 && !isLost && <ReplacedMappings lines={replaced} />}
        {checked.isError && (
          <ProblemNotice tone="warning" problem={toProblem(checked.error)} onRetry={() => checked.refetch()} />
        )}
        <MappingGaps integration={id} gaps={checked.data?.gaps ?? []} />
        <Card title="What is copied" flush>
          <ReviewTable rules={rules} previews={previews.map(({ data }) => data)} />
        </Card>
        {missing.length > 0 && (
          <ProblemNotice
            tone="warning"
            problem={{
              title: "Required properties without a field",
              detail: `${missing.join(", ")}. You can save and map them later.`,
            }}
          />
        )}
      </Sections>
      <StepFoot
        lacks={lacks}
        back={
          <LinkButton
            variant="default"
            to={`/integrations/$id/set-up/${groups.length > 0 ? "groups" : "mappings"}`}
            params={{ id }}
          >
            Back
          </LinkButton>
        }
      >
        <Button onClick={saveAsSeen} loading={finish.isPending || isSaving} disabled={lacks !== undefined || isLost}>
          {integration.status === "incomplete" ? "Save and start the first sync" : "Save"}
        </Button>
      </StepFoot>
    </>
  );
}

/** Mappings that are saved now, and what saving makes of them. */
function ReplacedMappings({ lines }: { lines: { label: string; value: string }[] }) {
  return (
    <Notice tone="warning">
      <strong>
        Saving changes or removes {formatCount(lines.length, "mapping")} that {lines.length === 1 ? "is" : "are"} saved
        now.
      </strong>
      <details>
        <summary>Look at {lines.length === 1 ? "it" : "them"}</summary>
        <ul style={{ margin: "8px 0 0", paddingLeft: 20 }}>
          {lines.map(({ label, value }) => (
            <li key={label}>
              <span className="mono">{label}</span>: {value}
            </li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}

/** Who has access once it is saved. */
function Readers({ sharing, groups }: { sharing: Sharing; groups: GroupBody[] }) {
  if (sharing.owner === null) return "Everybody";
  const others = groups.filter(({ id }) => sharing.others.includes(id));
  if (others.length === 0) return "Private";
  return <span dir="auto">{formatList(others.map(({ name }) => name))}</span>;
}

function sharingLines(sharing: Sharing, groups: GroupBody[]) {
  const owner = groups.find(({ id }) => id === sharing.owner)?.name ?? "The whole workspace";
  return [
    { label: "Owner group", value: owner },
    { label: "Access", value: sharingWords(sharing, groups) },
  ];
}

function sum(previews: SyncRulePreview[], key: "calls_first_load" | "calls_per_day"): number {
  return previews.reduce((total, preview) => total + preview[key], 0);
}

function outlook(rules: SyncRuleBody[], previews: SyncRulePreview[], isPending: boolean): string {
  if (isPending) return "Counting in Salesforce…";
  const counted = previews.filter(({ count }) => count !== null);
  const records = counted.reduce((total, { count }) => total + (count ?? 0), 0);
  const uncounted = rules.length - counted.length;
  const rest = uncounted > 0 ? `, and of ${formatCount(uncounted, "sObject")} as many as there are` : "";
  return `${formatCount(records, "record")} of ${formatCount(rules.length, "sObject")} are copied${rest}. Salesforce is only read.`;
}

/** How many fields are copied: those that are chosen, or all that the user can read; missing while these are not known. */
function countFields(rules: SyncRuleBody[], readable: (number | undefined)[]): number | undefined {
  let count = 0;
  for (const [index, { fields }] of rules.entries()) {
    const more = fields?.length ?? readable[index];
    if (more === undefined) return undefined;
    count += more;
  }
  return count;
}
