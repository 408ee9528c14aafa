import { Select } from "@mantine/core";
import type { FieldBody } from "../api/types";
import { lookupsOf, MOST_LOOKUPS, type Step } from "../lib/field-path";
import classes from "./field-picker.module.css";

/** What a choice is that follows a lookup, so that none is a field's name. */
const FOLLOW = ">";

interface FieldPickerProps {
  /** From the sObject's own fields on. */
  steps: Step[];
  /** Whether the last step leads to no field that is there. */
  isGone: boolean;
  /** The way to the chosen field, or to the fields of a lookup where it ends in a dot. */
  onChange: (path: string, field: FieldBody | undefined) => void;
}

/** A field of a record, or of one that it looks up, a step for each lookup. */
export function FieldPicker({ steps, isGone, onChange }: FieldPickerProps) {
  return (
    <div className={classes.steps}>
      {steps.map((step, at) => {
        const isLast = at === steps.length - 1;
        const before = steps.slice(0, at).map(({ chosen }) => chosen);
        return (
          <FieldStep
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place alone.
            key={at}
            step={step}
            depth={at}
            isLast={isLast}
            error={isLast && isGone && step.chosen ? "This field is no longer there" : undefined}
            onField={(field) => onChange([...before, field.name].join("."), field)}
            onFollow={(relationship) => onChange([...before, relationship, ""].join("."), undefined)}
          />
        );
      })}
    </div>
  );
}

interface FieldStepProps {
  step: Step;
  depth: number;
  isLast: boolean;
  error: string | undefined;
  onField: (field: FieldBody) => void;
  onFollow: (relationship: string) => void;
}

function FieldStep({ step: { fields, chosen, isBroken }, depth, isLast, error, onField, onFollow }: FieldStepProps) {
  const filterable = (fields ?? []).filter((field) => field.filterable);
  const lookups = depth < MOST_LOOKUPS ? lookupsOf(fields ?? []) : [];
  return (
    <Select
      className={depth > 0 ? classes.related : undefined}
      aria-label={depth === 0 ? "Field" : `Field of the related record, level ${depth}`}
      placeholder={fields ? "Choose a field" : isBroken ? "Fields not available" : "Loading fields…"}
      disabled={fields === undefined}
      searchable
      allowDeselect={false}
      limit={200}
      nothingFoundMessage="No field matches"
      error={
        isBroken ? "Salesforce did not tell the fields of this record. Look again, or choose another field." : error
      }
      value={chosen ? (isLast ? nameOf(filterable, chosen) : FOLLOW + chosen) : null}
      data={[
        { group: "Fields", items: filterable.map(({ name, label }) => ({ value: name, label: `${label} (${name})` })) },
        {
          group: "Fields of a related record",
          items: lookups.map((lookup) => ({
            value: FOLLOW + lookup.relationship,
            label: `${lookup.label.replace(/ ID$/, "")} ›`,
          })),
        },
      ]}
      onChange={(value) => {
        if (value?.startsWith(FOLLOW)) return onFollow(value.slice(FOLLOW.length));
        const field = filterable.find(({ name }) => name === value);
        if (field) onField(field);
      }}
    />
  );
}

/** The name as the describe has it, whatever somebody typed into a file. */
function nameOf(fields: FieldBody[], chosen: string): string {
  return fields.find(({ name }) => name.toLowerCase() === chosen.toLowerCase())?.name ?? chosen;
}
