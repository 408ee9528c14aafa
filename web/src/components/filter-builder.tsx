import { ActionIcon, Button, SegmentedControl, Select } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { FieldBody } from "../api/types";
import {
  type Condition,
  type Match,
  needsValue,
  newCondition,
  type Operator,
  operatorsFor,
  type SimpleFilter,
} from "../lib/sync-filter";
import { ConditionValue } from "./condition-value";
import classes from "./filter-builder.module.css";

interface FilterBuilderProps {
  fields: FieldBody[];
  filter: SimpleFilter;
  onChange: (filter: SimpleFilter) => void;
}

/** A list of conditions, each a field, an operator and a value by the field's type. */
export function FilterBuilder({ fields, filter, onChange }: FilterBuilderProps) {
  const filterable = fields.filter((field) => field.filterable);
  const byName = new Map(fields.map((field) => [field.name, field]));

  function replace(index: number, condition: Condition) {
    onChange({ ...filter, conditions: filter.conditions.map((old, at) => (at === index ? condition : old)) });
  }

  function add() {
    const used = new Set(filter.conditions.map((condition) => condition.field));
    const field = filterable.find(({ name }) => name === "CreatedDate" && !used.has(name)) ?? filterable[0];
    if (field) onChange({ ...filter, conditions: [...filter.conditions, newCondition(field)] });
  }

  return (
    <div>
      {filter.conditions.length > 1 && (
        <div className={classes.match}>
          <span>Copy records where</span>
          <SegmentedControl
            size="xs"
            aria-label="How conditions combine"
            value={filter.match}
            onChange={(match) => onChange({ ...filter, match: match as Match })}
            data={[
              { value: "all", label: "all hold" },
              { value: "any", label: "any holds" },
            ]}
          />
        </div>
      )}
      <div className={classes.rows}>
        {filter.conditions.map((condition, index) => (
          <ConditionRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a condition is known by its place alone.
            key={index}
            condition={condition}
            field={byName.get(condition.field)}
            fields={filterable}
            onChange={(next) => replace(index, next)}
            onRemove={() => onChange({ ...filter, conditions: filter.conditions.filter((_, at) => at !== index) })}
          />
        ))}
      </div>
      <Button
        className={classes.add}
        variant="subtle"
        size="xs"
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={add}
        disabled={filterable.length === 0}
      >
        Add a condition
      </Button>
    </div>
  );
}

interface ConditionRowProps {
  condition: Condition;
  field: FieldBody | undefined;
  fields: FieldBody[];
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ConditionRow({ condition, field, fields, onChange, onRemove }: ConditionRowProps) {
  const type = field?.type ?? "string";
  return (
    <div className={classes.row}>
      <Select
        aria-label="Field"
        searchable
        allowDeselect={false}
        limit={100}
        value={condition.field}
        error={field ? undefined : "This field is no longer there"}
        data={fields.map(({ name, label }) => ({ value: name, label: `${label} (${name})` }))}
        onChange={(name) => {
          const chosen = fields.find((candidate) => candidate.name === name);
          if (chosen) onChange(newCondition(chosen));
        }}
      />
      <Select
        aria-label="Operator"
        allowDeselect={false}
        value={condition.operator}
        data={operatorsFor(type)}
        onChange={(operator) =>
          operator &&
          onChange({
            ...condition,
            operator: operator as Operator,
            values: needsValue(operator as Operator) ? condition.values : [],
          })
        }
      />
      {needsValue(condition.operator) ? (
        <ConditionValue
          type={type}
          picklist={field?.picklist ?? []}
          operator={condition.operator}
          values={condition.values}
          onChange={(values) => onChange({ ...condition, values })}
        />
      ) : (
        <span />
      )}
      <ActionIcon variant="subtle" color="gray" size={36} onClick={onRemove} aria-label="Remove this condition">
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}
