import { Button, Select, Skeleton } from "@mantine/core";
import { useRef, useState } from "react";
import { useDescribe } from "../../../api/sobjects";
import type { RuleChange } from "../../../api/sync-rules";
import type { FieldBody, SyncRuleBody } from "../../../api/types";
import { Card } from "../../../components/card";
import { FilterBuilder } from "../../../components/filter-builder";
import { Notice, ProblemNotice } from "../../../components/problem-notice";
import { TwoVersions } from "../../../components/two-versions";
import { cadenceChoices } from "../../../lib/cadence";
import { toProblem } from "../../../lib/problem";
import { filterWords, ruleWords } from "../../../lib/rule-words";
import { conditionsOf, everything, fromFilterBody, type Group, isWhole, toFilterBody } from "../../../lib/sync-filter";
import { useFilterFields } from "../../../lib/use-filter-fields";
import { useRuleSaver } from "../../../lib/use-rule-saver";
import { DraftButtons, RuleDraftPreview, useIsSetUp } from "./-rule-draft";

interface RuleEditorCardProps {
  integration: string;
  rule: SyncRuleBody;
}

const SAVE_AFTER_MS = 700;

/**
 * Which records of one sObject are copied, and how often. While an integration is being set up, what is typed is saved once it is
 * complete; a rule that is synced changes when somebody has seen what would come and go, and saves it.
 */
export function RuleEditorCard({ integration, rule }: RuleEditorCardProps) {
  const describe = useDescribe(integration, rule.sobject);
  const isSetUp = useIsSetUp(integration);
  const [edition, setEdition] = useState(0);
  return (
    <Card title={`Which records of ${rule.label}`} aside={<code className="quiet small">{rule.sobject}</code>}>
      {describe.isPending && <Skeleton height={60} />}
      {describe.isError && <ProblemNotice problem={toProblem(describe.error)} onRetry={() => describe.refetch()} />}
      {describe.data && isSetUp !== undefined && (
        <RuleEditor
          key={edition}
          isSetUp={isSetUp}
          integration={integration}
          rule={rule}
          fields={describe.data.fields}
          onStartOver={() => setEdition(edition + 1)}
        />
      )}
    </Card>
  );
}

interface RuleEditorProps extends RuleEditorCardProps {
  fields: FieldBody[];
  /** Whether the rule is synced, so that a change of it is more than a draft. */
  isSetUp: boolean;
  onStartOver: () => void;
}

function RuleEditor({ integration, rule, fields, isSetUp, onStartOver }: RuleEditorProps) {
  const [filter, setFilter] = useState<Group | undefined>(() => fromFilterBody(rule.filter));
  const known = useFilterFields(integration, fields, filter);
  const [cadence, setCadence] = useState(rule.cadence_seconds);
  const saver = useRuleSaver(integration, rule, SAVE_AFTER_MS);
  const typesOf = (one: Group) =>
    new Map(conditionsOf(one).flatMap(({ field }) => [[field, known.at(field)?.type ?? ""] as const]));
  // What leads over a lookup whose fields are not there yet stays as it is stored until they are.
  const isKnown = (one: Group) => conditionsOf(one).every(({ field }) => !known.isOnTheWay(field));
  const isUntouched = filter !== undefined && !isKnown(filter);
  const bodyOf = (one: Group | undefined) =>
    one === undefined || isUntouched ? rule.filter : toFilterBody(one, typesOf(one));
  const isReady = (one: Group | undefined) => one === undefined || (isKnown(one) && isWhole(one, typesOf(one)));
  const wish: RuleChange = {
    sobject: rule.sobject,
    filter: bodyOf(filter),
    fields: rule.fields,
    cadence_seconds: cadence,
  };
  // Of a rule that is synced: whether something waits to be saved.
  const [isTouched, setTouched] = useState(false);
  const latest = useRef("");
  latest.current = JSON.stringify(wish);

  function change(next: Group | undefined) {
    setFilter(next);
    setTouched(true);
    if (isSetUp) return;
    if (isReady(next)) saver.saveLater({ ...wish, filter: bodyOf(next) });
    else saver.forget();
  }

  function changeCadence(seconds: number) {
    setCadence(seconds);
    setTouched(true);
    if (!isSetUp && isReady(filter)) saver.saveLater({ ...wish, cadence_seconds: seconds });
  }

  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 16 }}>
      {rule.notice && <Notice>{rule.notice.text}</Notice>}
      {filter === undefined ? (
        <Notice>
          <p style={{ margin: 0 }}>This filter says more than the form here can show. It stays as it is.</p>
          <Button size="xs" variant="default" mt={8} onClick={() => change(everything)}>
            Replace it with a new filter
          </Button>
        </Notice>
      ) : (
        <>
          {filter.parts.length === 0 && <p style={{ margin: 0 }}>All records. Add a condition to copy fewer.</p>}
          <FilterBuilder fields={known} filter={filter} onChange={change} />
          {known.retry && (
            <ProblemNotice
              tone="warning"
              problem={{
                title: "The fields of a related record are not known",
                detail: "Salesforce did not tell them.",
              }}
              onRetry={known.retry}
            />
          )}
        </>
      )}
      <Select
        label="Looks for changes"
        description="More often is fresher and takes more of the org's API calls."
        maw={280}
        allowDeselect={false}
        value={String(cadence)}
        data={cadenceChoices(cadence)}
        onChange={(seconds) => seconds && changeCadence(Number(seconds))}
      />
      {saver.error !== undefined && <ProblemNotice problem={toProblem(saver.error)} />}
      {saver.lost && (
        <TwoVersions
          what="rule"
          theirs={ruleWords(rule)}
          mine={ruleWords({
            soql: filterWords(saver.lost.filter),
            fields: saver.lost.fields,
            cadence_seconds: saver.lost.cadence_seconds ?? rule.cadence_seconds,
            new_fields: rule.new_fields,
          })}
          isSaving={saver.isSaving}
          onKeepTheirs={onStartOver}
          onSaveMine={saver.saveLost}
        />
      )}
      <RuleDraftPreview integration={integration} draft={wish} />
      {isSetUp && (
        <DraftButtons
          save="Save this rule"
          isTouched={isTouched}
          isSaving={saver.isSaving}
          canSave={saver.lost === undefined && (isReady(filter) || isUntouched)}
          onSave={() => {
            const sent = latest.current;
            // What was changed while it was being saved still waits.
            saver.save(wish, () => setTouched(latest.current !== sent));
          }}
          onUndo={onStartOver}
        />
      )}
      <p className="quiet small" role="status" style={{ margin: 0 }}>
        {isSetUp && isTouched && isReady(filter) && !saver.isSaving && !saver.lost
          ? "Not saved yet. Above stands what saving would bring and leave out."
          : savingWords(isReady(filter) || isUntouched, saver)}
      </p>
    </div>
  );
}

function savingWords(
  isComplete: boolean,
  { lost, isSaving, isSaved }: { lost?: RuleChange; isSaving: boolean; isSaved: boolean },
): string {
  if (!isComplete) return "Not saved yet: a condition is not finished.";
  if (lost) return "Not saved.";
  if (isSaving) return "Saving…";
  return isSaved ? "Saved" : "\u00a0";
}
