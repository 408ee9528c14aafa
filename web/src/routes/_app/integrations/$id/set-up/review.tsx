import { Button, Skeleton } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { isChanged } from "../../../../../api/client";
import { useEntities, useFieldMappings, usePutFieldMappings } from "../../../../../api/field-mappings";
import { useGroups } from "../../../../../api/groups";
import { useIntegration } from "../../../../../api/integrations";
import { type SeenShares, usePutShares, useShares } from "../../../../../api/shares";
import { useDescribes } from "../../../../../api/sobjects";
import { rulePreviewQuery, useSyncRules } from "../../../../../api/sync-rules";
import type { GroupBody, IntegrationBody, SyncRuleBody, SyncRulePreview } from "../../../../../api/types";
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
import { finished } from "../../../../../lib/mappings";
import { toProblem } from "../../../../../lib/problem";
import { useShareDraft } from "../../../../../lib/share-draft";
import { type Sharing, savedSharing, sharingChanges, sharingWords, wantedSharing } from "../../../../../lib/sharing";
import { tellDone } from "../../../../../lib/tell";
import { useMappingDraft } from "../../../../../lib/use-mapping-draft";

export const Route = createFileRoute("/_app/integrations/$id/set-up/review")({ component: Review });

function Review() {
  const { id } = Route.useParams();
  const integration = useIntegration(id);
  const rules = useSyncRules(id);
  const shares = useShares(id);
  const groups = useGroups();
  const failed = [rules, shares, groups].find(({ isError }) => isError);
  if (failed) return <ProblemNotice problem={toProblem(failed.error)} onRetry={() => failed.refetch()} />;
  if (!rules.data || !integration.data || !shares.data || !groups.data) return <Skeleton height={320} />;
  return <ReviewOf integration={integration.data} rules={rules.data} seen={shares.data} groups={groups.data} />;
}

interface ReviewOfProps {
  integration: IntegrationBody;
  rules: SyncRuleBody[];
  seen: SeenShares;
  groups: GroupBody[];
}

function ReviewOf({ integration, rules, seen, groups }: ReviewOfProps) {
  const { id } = integration;
  const navigate = useNavigate();
  const saved = useFieldMappings(id);
  const entities = useEntities();
  const { draft, isPending, isSaving } = useMappingDraft(id);
  const put = usePutFieldMappings(id);
  const { shareDraft, clearShareDraft } = useShareDraft(id);
  const share = usePutShares();
  const sharing = wantedSharing(seen.shares, shareDraft, groups);
  const changes = sharingChanges(savedSharing(seen.shares), sharing, groups);
  const owner = groups.find((group) => group.id === sharing.owner);
  const previews = useQueries({ queries: rules.map((rule) => rulePreviewQuery(id, rule)) });
  const known = previews.flatMap(({ data }) => (data ? [data] : []));
  const mappings = draft ?? saved.data ?? [];
  const describes = useDescribes(
    id,
    rules.map(({ sobject }) => sobject),
  );
  const fields = countFields(
    rules,
    describes.map(({ data }) => data?.fields.filter(({ skipped }) => skipped === null).length),
  );
  const companies = comingCompanies(
    rules,
    previews.map(({ data }) => data),
    mappings,
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
  const lacks =
    rules.length === 0 ? "Choose an sObject first." : mappings.length === 0 ? "Map one field first." : undefined;

  /** Who has access comes first: nothing is copied before that is settled. */
  function save(version = shareDraft?.seen ?? seen.version) {
    if (changes.length === 0) return saveMappings();
    const wanted = { integration: id, group_id: sharing.owner, groups: sharing.others, seen: version };
    share.mutate(wanted, { onSuccess: saveMappings });
  }

  function keepTheirs() {
    clearShareDraft();
    share.reset();
  }

  function saveMappings() {
    clearShareDraft();
    // Mappings that are saved already stay as they are.
    if (!draft) return leave();
    put.mutate({ items: finished(draft) }, { onSuccess: leave });
  }

  function leave() {
    tellDone(integration.status === "incomplete" ? "Saved. The first sync starts now." : "Saved.");
    navigate({ to: "/integrations/$id", params: { id } });
  }

  const isLost = isChanged(share.error);
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
              label="Companies that will appear"
              value={companies.count === undefined ? <Dash /> : formatNumber(companies.count)}
              note={
                companies.from.length > 0 ? `from ${formatList(companies.from)}` : "no field feeds a company's property"
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
            what="sharing"
            theirs={sharingLines(savedSharing(seen.shares), groups)}
            mine={sharingLines(sharing, groups)}
            isSaving={share.isPending}
            onKeepTheirs={keepTheirs}
            onSaveMine={() => save(seen.version)}
          />
        )}
        {share.isError && !isLost && <ProblemNotice problem={toProblem(share.error)} onRetry={() => save()} />}
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
        {put.isError && <ProblemNotice problem={toProblem(put.error)} onRetry={() => save()} />}
      </Sections>
      <StepFoot
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
        {lacks && (
          <span className="quiet" style={{ alignSelf: "center" }}>
            {lacks}
          </span>
        )}
        <Button
          onClick={() => save()}
          loading={put.isPending || share.isPending || isSaving}
          disabled={lacks !== undefined || isLost || isPending}
        >
          {integration.status === "incomplete" ? "Save and start the first sync" : "Save"}
        </Button>
      </StepFoot>
    </>
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
