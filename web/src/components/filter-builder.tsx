import { ActionIcon, Button, SegmentedControl, Select } from "@mantine/core";
import { IconFolderPlus, IconPlus, IconTrash } from "@tabler/icons-react";
import type { FieldBody } from "../api/types";
import {
  type Condition,
  conditionsOf,
  type Group,
  isGroup,
  type Match,
  MOST_DEPTH,
  needsValue,
  newCondition,
  type Operator,
  operatorsFor,
  type Part,
} from "../lib/sync-filter";
import type { FilterFields } from "../lib/use-filter-fields";
import { ConditionValue } from "./condition-value";
import { FieldPicker } from "./field-picker";
import classes from "./filter-builder.module.css";

interface FilterBuilderProps {
  fields: FilterFields;
  filter: Group;
  onChange: (filter: Group) => void;
}

/** Conditions and groups of conditions, each a field, an operator and a value by the field's type. */
export function FilterBuilder({ fields, filter, onChange }: FilterBuilderProps) {
  return <GroupEditor fields={fields} group={filter} depth={1} onChange={onChange} />;
}

interface GroupEditorProps {
  fields: FilterFields;
  group: Group;
  /** 1 for the filter itself. */
  depth: number;
  onChange: (group: Group) => void;
  onRemove?: () => void;
}

function GroupEditor({ fields, group, depth, onChange, onRemove }: GroupEditorProps) {
  const replace = (index: number, part: Part) =>
    onChange({ ...group, parts: group.parts.map((old, at) => (at === index ? part : old)) });
  const remove = (index: number) => onChange({ ...group, parts: group.parts.filter((_, at) => at !== index) });
  const add = (part: Part) => onChange({ ...group, parts: [...group.parts, part] });
  const next = nextCondition(fields.own, group);
  const isNested = depth > 1;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be drawn as one.
    <div className={isNested ? classes.group : undefined} role="group" aria-label={isNested ? "Group" : "Filter"}>
      {(group.parts.length > 1 || isNested || group.match === "none") && (
        <div className={classes.match}>
          <span>{isNested ? "of which" : "Copy records where"}</span>
          <SegmentedControl
            size="xs"
            aria-label="How conditions combine"
            value={group.match}
            onChange={(match) => onChange({ ...group, match: match as Match })}
            data={[
              { value: "all", label: "all hold" },
              { value: "any", label: "any holds" },
              { value: "none", label: "none holds" },
            ]}
          />
          {onRemove && (
            <ActionIcon
              className={classes.remove}
              variant="subtle"
              color="gray"
              size={36}
              onClick={onRemove}
              aria-label="Remove this group"
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          )}
        </div>
      )}
      <div className={classes.rows}>
        {group.parts.map((part, index) =>
          isGroup(part) ? (
            <GroupEditor
              // biome-ignore lint/suspicious/noArrayIndexKey: a part is known by its place alone.
              key={index}
              fields={fields}
              group={part}
              depth={depth + 1}
              onChange={(changed) => replace(index, changed)}
              onRemove={() => remove(index)}
            />
          ) : (
            <ConditionRow
              // biome-ignore lint/suspicious/noArrayIndexKey: a part is known by its place alone.
              key={index}
              condition={part}
              fields={fields}
              onChange={(changed) => replace(index, changed)}
              onRemove={() => remove(index)}
            />
          ),
        )}
      </div>
      <div className={classes.add}>
        <Button
          variant="subtle"
          size="xs"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => next && add(next)}
          disabled={!next}
        >
          Add a condition
        </Button>
        {depth < MOST_DEPTH && group.parts.length > 0 && (
          <Button
            variant="subtle"
            size="xs"
            leftSection={<IconFolderPlus size={16} aria-hidden />}
            onClick={() => next && add({ match: group.match === "any" ? "all" : "any", parts: [next] })}
            disabled={!next}
          >
            Add a group
          </Button>
        )}
      </div>
    </div>
  );
}

/** The condition that somebody most likely adds. */
function nextCondition(own: FieldBody[], group: Group): Condition | undefined {
  const filterable = own.filter(({ filterable }) => filterable);
  const used = new Set(conditionsOf(group).map(({ field }) => field));
  const field = filterable.find(({ name }) => name === "CreatedDate" && !used.has(name)) ?? filterable[0];
  return field && newCondition(field);
}

interface ConditionRowProps {
  condition: Condition;
  fields: FilterFields;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ConditionRow({ condition, fields, onChange, onRemove }: ConditionRowProps) {
  const field = fields.at(condition.field);
  const type = field?.type ?? "string";
  return (
    <div className={classes.row}>
      <div className={classes.field}>
        <FieldPicker
          steps={fields.steps(condition.field)}
          isGone={!field && !fields.isOnTheWay(condition.field)}
          onChange={(path, chosen) =>
            onChange(chosen ? newCondition(chosen, path) : { field: path, operator: "eq", values: [] })
          }
        />
      </div>
      <div className={classes.operator}>
        <Select
          aria-label="Operator"
          allowDeselect={false}
          value={condition.operator}
          data={operatorsFor(type, condition.operator)}
          onChange={(operator) =>
            operator &&
            onChange({
              ...condition,
              operator: operator as Operator,
              values: needsValue(operator as Operator) ? condition.values : [],
            })
          }
        />
      </div>
      <div className={classes.value}>
        {needsValue(condition.operator) && (
          <ConditionValue
            type={type}
            picklist={field?.picklist ?? []}
            operator={condition.operator}
            values={condition.values}
            onChange={(values) => onChange({ ...condition, values })}
          />
        )}
      </div>
      <ActionIcon variant="subtle" color="gray" size={36} onClick={onRemove} aria-label="Remove this condition">
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}
