import { Button, Popover, Select, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { useState } from "react";
import type { RecordColumn } from "../api/types";
import {
  columnKind,
  printRecordFilter,
  type RecordOperator,
  recordOperatorNeedsValue,
  recordOperatorsFor,
  spans,
} from "../lib/record-filter";

interface AddFilterProps {
  columns: RecordColumn[];
  onAdd: (filter: string) => void;
}

/** A small form that adds one filter. */
export function AddFilter({ columns, onAdd }: AddFilterProps) {
  const [isOpen, popover] = useDisclosure(false);
  return (
    <Popover
      opened={isOpen}
      onChange={(open) => (open ? popover.open() : popover.close())}
      position="bottom-start"
      width={300}
      trapFocus
      shadow="md"
    >
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconFilter size={16} aria-hidden />}
          onClick={popover.toggle}
          disabled={columns.length === 0}
        >
          Filter
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        {isOpen && (
          <FilterForm
            columns={columns}
            onAdd={(filter) => {
              onAdd(filter);
              popover.close();
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function FilterForm({ columns, onAdd }: AddFilterProps) {
  const [field, setField] = useState(columns[0]?.name ?? "");
  const column = columns.find(({ name }) => name === field);
  const type = column?.type ?? "string";
  const operators = recordOperatorsFor(type);
  const [chosen, setChosen] = useState<RecordOperator>();
  const operator = operators.find(({ value }) => value === chosen)?.value ?? operators[0]?.value ?? "eq";
  const [value, setValue] = useState("");
  const usable = recordOperatorNeedsValue(operator) ? defaultValue(value, type, operator) : "";
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 12 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (usable !== undefined) onAdd(printRecordFilter({ field, operator, value: usable }));
      }}
    >
      <Select
        label="Field"
        searchable
        allowDeselect={false}
        limit={100}
        comboboxProps={{ withinPortal: false }}
        value={field}
        data={columns.map(({ name, label }) => ({ value: name, label: label === name ? name : `${label} (${name})` }))}
        onChange={(name) => {
          setField(name ?? "");
          setValue("");
        }}
      />
      <Select
        label="Operator"
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        value={operator}
        data={operators}
        onChange={(next) => setChosen(next as RecordOperator)}
      />
      {recordOperatorNeedsValue(operator) && (
        <FilterValue type={type} operator={operator} value={value} onChange={setValue} />
      )}
      <Button type="submit" disabled={usable === undefined}>
        Add the filter
      </Button>
    </form>
  );
}

/** What is sent for what was typed; nothing where it is no value of the type. */
function defaultValue(value: string, type: string, operator: RecordOperator): string | undefined {
  if (operator === "within") return value || spans[3]?.value;
  switch (columnKind(type)) {
    case "boolean":
      return value || "true";
    case "number":
      return /^-?\d+(\.\d+)?$/.test(value.trim()) ? value.trim() : undefined;
    case "date_time": {
      const instant = new Date(value);
      return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString();
    }
    default:
      return value === "" ? undefined : value;
  }
}

interface FilterValueProps {
  type: string;
  operator: RecordOperator;
  value: string;
  onChange: (value: string) => void;
}

function FilterValue({ type, operator, value, onChange }: FilterValueProps) {
  const kind = columnKind(type);
  if (operator === "within" || kind === "boolean") {
    const choices =
      operator === "within"
        ? spans
        : [
            { value: "true", label: "Yes" },
            { value: "false", label: "No" },
          ];
    const fallback = operator === "within" ? spans[3]?.value : "true";
    return (
      <Select
        label="Value"
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        value={value || fallback}
        data={choices}
        onChange={(next) => onChange(next ?? "")}
      />
    );
  }
  const inputType = kind === "date" ? "date" : kind === "date_time" ? "datetime-local" : "text";
  return (
    <TextInput
      label="Value"
      type={inputType}
      inputMode={kind === "number" ? "decimal" : undefined}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
