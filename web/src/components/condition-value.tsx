import { MultiSelect, Select, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { isRelative, type Operator, relativeDates, takesMany, valueKind } from "../lib/sync-filter";

interface ConditionValueProps {
  type: string;
  picklist: { value: string; label: string }[];
  operator: Operator;
  values: string[];
  onChange: (values: string[]) => void;
}

/** Where a condition's value is typed or picked, by the type of its field. */
export function ConditionValue({ type, picklist, operator, values, onChange }: ConditionValueProps) {
  const kind = valueKind(type);
  const first = values[0] ?? "";
  if (takesMany(operator)) return <ManyValues picklist={picklist} values={values} onChange={onChange} />;
  switch (kind) {
    case "boolean":
      return (
        <Select
          aria-label="Value"
          allowDeselect={false}
          value={first}
          data={[
            { value: "true", label: "Yes" },
            { value: "false", label: "No" },
          ]}
          onChange={(value) => onChange(value ? [value] : [])}
        />
      );
    case "date":
    case "date_time":
      return (
        <DateValue value={first} timed={kind === "date_time"} onChange={(value) => onChange(value ? [value] : [])} />
      );
    case "number":
      return (
        <TextInput
          aria-label="Value"
          inputMode="decimal"
          value={first}
          error={first && !/^-?\d+(\.\d+)?$/.test(first.trim()) ? "A number, such as 1000 or 12.5" : undefined}
          onChange={(event) => onChange([event.currentTarget.value])}
        />
      );
    case "picklist":
      // A filter of a file may compare with one value.
      return (
        <Select
          aria-label="Value"
          placeholder="Choose a value"
          searchable
          data={choicesOf(picklist, values)}
          value={first || null}
          onChange={(value) => onChange(value ? [value] : [])}
        />
      );
    default:
      return <TextInput aria-label="Value" value={first} onChange={(event) => onChange([event.currentTarget.value])} />;
  }
}

interface ManyValuesProps {
  picklist: { value: string; label: string }[];
  values: string[];
  onChange: (values: string[]) => void;
}

function ManyValues({ picklist, values, onChange }: ManyValuesProps) {
  if (picklist.length === 0) {
    return (
      <TagsInput aria-label="Values" placeholder="Type a value and press Enter" value={values} onChange={onChange} />
    );
  }
  return (
    <MultiSelect
      styles={{ inputField: { minWidth: 40 } }}
      aria-label="Values"
      placeholder={values.length === 0 ? "Choose values" : undefined}
      searchable
      data={choicesOf(picklist, values)}
      value={values}
      onChange={onChange}
    />
  );
}

/** The values of a picklist, and those that are chosen and not in it any more. */
function choicesOf(picklist: ManyValuesProps["picklist"], values: string[]): ManyValuesProps["picklist"] {
  const known = new Set(picklist.map(({ value }) => value));
  return [
    ...[...new Map(picklist.map((choice) => [choice.value, choice])).values()],
    ...values.filter((value) => value !== "" && !known.has(value)).map((value) => ({ value, label: value })),
  ];
}

const EXACT = "exact";

function DateValue({ value, timed, onChange }: { value: string; timed: boolean; onChange: (value: string) => void }) {
  const [exact, setExact] = useState(value !== "" && !isRelative(value));
  const choices = [...relativeDates, { value: EXACT, label: timed ? "A date and time…" : "A date…" }];
  if (value !== "" && isRelative(value) && !choices.some((choice) => choice.value === value)) {
    choices.unshift({ value, label: value });
  }
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 8 }}>
      <Select
        aria-label="Value"
        placeholder="Choose when"
        allowDeselect={false}
        searchable
        data={choices}
        inputWrapperOrder={["input", "description"]}
        description={isRelative(value) ? "Counted in the time zone of the Salesforce user." : undefined}
        value={exact ? EXACT : value || null}
        onChange={(chosen) => {
          setExact(chosen === EXACT);
          onChange(chosen === EXACT ? "" : (chosen ?? ""));
        }}
      />
      {exact && (
        <TextInput
          aria-label={timed ? "Date and time" : "Date"}
          type={timed ? "datetime-local" : "date"}
          inputWrapperOrder={["input", "description"]}
          description={timed ? `In your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}.` : undefined}
          value={timed ? toLocal(value) : value}
          onChange={(event) => onChange(timed ? fromLocal(event.currentTarget.value) : event.currentTarget.value)}
        />
      )}
    </div>
  );
}

function fromLocal(text: string): string {
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? "" : instant.toISOString();
}

function toLocal(value: string): string {
  const instant = new Date(value);
  if (value === "" || Number.isNaN(instant.getTime())) return "";
  const local = new Date(instant.getTime() - instant.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
