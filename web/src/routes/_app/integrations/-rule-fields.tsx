import { Button, Radio, Select, Skeleton } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { useDescribe } from "../../../api/sobjects";
import type { RuleChange } from "../../../api/sync-rules";
import type { FieldBody, NewFieldsBody, SyncRuleBody } from "../../../api/types";
import { Card, Sections } from "../../../components/card";
import { Link } from "../../../components/link";
import { Picker, type PickerItem } from "../../../components/picker";
import { Pills } from "../../../components/pills";
import { ProblemNotice } from "../../../components/problem-notice";
import { TwoVersions } from "../../../components/two-versions";
import { formatNumber } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { fieldChangeWords, filterWords, newFieldsOf, newFieldsWords, ruleWords } from "../../../lib/rule-words";
import { useRuleSaver } from "../../../lib/use-rule-saver";
import { DraftButtons, RuleDraftPreview, useIsSetUp } from "./-rule-draft";
import { RuleFieldStates } from "./-rule-field-states";

interface RuleFieldsProps {
  integration: string;
  rule: SyncRuleBody;
  rules: SyncRuleBody[];
  /** Told whether no field is ticked, which is not saved. */
  onHasNone: (hasNone: boolean) => void;
}

/** Which fields of one sObject are copied, with the way to the others' fields. */
export function RuleFields({ integration, rule, rules, onHasNone }: RuleFieldsProps) {
  const describe = useDescribe(integration, rule.sobject);
  const isSetUp = useIsSetUp(integration);
  const [edition, setEdition] = useState(0);
  return (
    <Sections>
      <Pills label="sObjects">
        {rules.map((one) => (
          <Link
            key={one.id}
            to="/integrations/$id/set-up/fields"
            params={{ id: integration }}
            search={{ sobject: one.sobject }}
            underline="never"
            aria-current={one.id === rule.id ? "page" : undefined}
          >
            {one.label} <span className="quiet">{one.fields ? formatNumber(one.fields.length) : "all"}</span>
          </Link>
        ))}
      </Pills>
      {describe.isPending && <Skeleton height={480} />}
      {describe.isError && <ProblemNotice problem={toProblem(describe.error)} onRetry={() => describe.refetch()} />}
      {describe.data && isSetUp !== undefined && (
        <FieldChoice
          key={edition}
          isSetUp={isSetUp}
          integration={integration}
          rule={rule}
          fields={describe.data.fields}
          onHasNone={onHasNone}
          onStartOver={() => setEdition(edition + 1)}
        />
      )}
    </Sections>
  );
}

const SAVE_AFTER_MS = 600;

interface FieldChoiceProps {
  integration: string;
  rule: SyncRuleBody;
  fields: FieldBody[];
  /** Whether the rule is synced, so that a change of it is more than a draft. */
  isSetUp: boolean;
  onHasNone: (hasNone: boolean) => void;
  onStartOver: () => void;
}

function FieldChoice({ integration, rule, fields, isSetUp, onHasNone, onStartOver }: FieldChoiceProps) {
  const readable = useMemo(() => fields.filter(({ skipped }) => skipped === null).map(({ name }) => name), [fields]);
  // Nothing chosen stands for all fields, those that will be added to the org included.
  const [chosen, setChosen] = useState<string[] | null>(rule.fields);
  const selected = useMemo(() => new Set(chosen ?? readable), [chosen, readable]);
  // Nothing said goes by the choice: with all fields the new ones come, beside some a person is asked.
  const [newFields, setNewFields] = useState(rule.new_fields);
  const { sobject, filter } = rule;
  const saver = useRuleSaver(integration, rule, SAVE_AFTER_MS);
  // Of a rule that is synced: whether something waits to be saved.
  const [wasTouched, setTouched] = useState(false);
  const isTouched = wasTouched && !(isSameChoice(chosen, rule.fields) && newFields === rule.new_fields);
  const wish = wishOf(chosen, newFields);

  // Another sObject, or starting over, begins with what is saved.
  useEffect(() => () => onHasNone(false), [onHasNone]);

  function wishOf(fields: string[] | null, later: NewFieldsBody | null): RuleChange {
    return { sobject, filter, fields, new_fields: later ?? undefined };
  }

  function change(fields: string[] | null, later = newFields) {
    onHasNone(fields?.length === 0);
    setChosen(fields);
    setNewFields(later);
    setTouched(true);
    if (isSetUp) return;
    if (fields?.length === 0) saver.forget();
    else saver.saveLater(wishOf(fields, later));
  }

  function toggle(name: string, on: boolean) {
    change(on ? [...selected, name] : [...selected].filter((other) => other !== name));
  }

  return (
    <Card
      title={`Fields of ${rule.label}`}
      flush
      aside={
        <Radio.Group
          aria-label="Which fields"
          value={chosen === null ? "all" : "some"}
          onChange={(which) => change(which === "all" ? null : readable)}
        >
          <div style={{ display: "flex", flexWrap: "wrap", gap: 16 }}>
            <Radio value="all" label="All" />
            <Radio value="some" label="Only those ticked" />
          </div>
        </Radio.Group>
      }
    >
      {saver.error !== undefined && <ProblemNotice problem={toProblem(saver.error)} />}
      {saver.lost && (
        <TwoVersions
          what="rule"
          theirs={ruleWords(rule)}
          mine={ruleWords({
            ...rule,
            soql: filterWords(saver.lost.filter),
            fields: saver.lost.fields,
            new_fields: saver.lost.new_fields ?? rule.new_fields,
          })}
          isSaving={saver.isSaving}
          onKeepTheirs={onStartOver}
          onSaveMine={saver.saveLost}
        />
      )}
      <RuleFieldStates integration={integration} rule={rule} />
      <Picker
        searchLabel="Search fields by label, API name or type"
        items={fields.map(toItem)}
        selected={selected}
        onToggle={toggle}
        tools={(shown) => <BulkButtons shown={shown} selected={selected} onChange={change} />}
      />
      <Select
        label="Fields that the org gets later"
        description="Whether they are copied once the org has them, or somebody decides first."
        maw={320}
        px={16}
        pt={12}
        allowDeselect={false}
        value={newFieldsOf(newFields, chosen)}
        data={(["add", "ask", "ignore"] as const).map((value) => ({ value, label: newFieldsWords[value] }))}
        onChange={(value) => value && change(chosen, value as NewFieldsBody)}
      />
      {isSetUp && isTouched && (
        <div style={{ display: "flex", flexDirection: "column", gap: 12, padding: "12px 16px 0" }}>
          <p style={{ margin: 0 }}>
            {fieldChangeWords(
              { fields: rule.fields, newFields: rule.new_fields },
              { fields: chosen, newFields },
              readable,
            )}
          </p>
          {selected.size > 0 && <RuleDraftPreview integration={integration} draft={wish} />}
          <DraftButtons
            save="Save these fields"
            isTouched={isTouched}
            isSaving={saver.isSaving}
            canSave={saver.lost === undefined && selected.size > 0}
            onSave={() => saver.save(wish)}
            onUndo={onStartOver}
          />
        </div>
      )}
      <p className="quiet small" role="status" style={{ margin: 0, padding: "8px 16px" }}>
        {statusWords(chosen, isSetUp && isTouched, saver)}
      </p>
    </Card>
  );
}

function statusWords(
  chosen: string[] | null,
  isWaiting: boolean,
  { lost, isSaving, isSaved }: { lost?: unknown; isSaving: boolean; isSaved: boolean },
): string {
  if (chosen?.length === 0) return "Not saved: tick one field at least.";
  if (lost) return "Not saved.";
  if (isSaving) return "Saving…";
  if (isWaiting) return "Not saved yet.";
  return isSaved ? "Saved" : "The record id and the time of the last change are always copied.";
}

function isSameChoice(one: string[] | null, other: string[] | null): boolean {
  if (one === null || other === null) return one === other;
  return one.length === other.length && one.every((name) => other.includes(name));
}

interface BulkButtonsProps {
  shown: PickerItem[];
  selected: ReadonlySet<string>;
  onChange: (names: string[]) => void;
}

function BulkButtons({ shown, selected, onChange }: BulkButtonsProps) {
  const names = shown.filter(({ whyNot }) => whyNot === undefined).map(({ name }) => name);
  return (
    <>
      <Button size="xs" variant="default" onClick={() => onChange([...new Set([...selected, ...names])])}>
        Select all shown
      </Button>
      <Button
        size="xs"
        variant="default"
        onClick={() => onChange([...selected].filter((name) => !names.includes(name)))}
      >
        Select none shown
      </Button>
    </>
  );
}

function toItem({ name, label, type, custom, skipped }: FieldBody): PickerItem {
  return { name, label, custom, type, whyNot: skipped ?? undefined, offWord: "Not copied" };
}
