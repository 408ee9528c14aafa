import { ActionIcon, TextInput } from "@mantine/core";
import { IconSearch, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { RecordColumn } from "../api/types";
import type { ExplorerState } from "../lib/explorer-state";
import { parseRecordFilter, recordFilterWords } from "../lib/record-filter";
import { AddFilter } from "./add-filter";
import { ColumnChooser } from "./column-chooser";
import classes from "./record-toolbar.module.css";
import { Segments } from "./segments";

interface RecordToolbarProps {
  state: ExplorerState;
  /** The columns that are shown. */
  columns: RecordColumn[];
  /** All columns that could be. */
  allColumns: RecordColumn[];
  onChange: (change: ExplorerState) => void;
}

/** Search, filters as chips, and which columns are shown. */
export function RecordToolbar({ state, columns, allColumns, onChange }: RecordToolbarProps) {
  const filters = state.filter ?? [];
  const labels = new Map([...allColumns, ...columns].map(({ name, label }) => [name, label]));
  const without = (index: number) => {
    const rest = filters.filter((_, at) => at !== index);
    onChange({ filter: rest.length > 0 ? rest : undefined });
  };
  return (
    <div className={classes.bar}>
      <div className={classes.line}>
        <SearchBox value={state.q ?? ""} onChange={(q) => onChange({ q: q || undefined })} />
        <AddFilter columns={allColumns} onAdd={(filter) => onChange({ filter: [...filters, filter] })} />
        <ColumnChooser
          columns={allColumns}
          shown={columns.map(({ name }) => name)}
          isChosen={state.fields !== undefined}
          onChange={(names) => onChange({ fields: names?.join(",") })}
        />
        <Segments
          label="Records that are gone"
          value={state.gone ?? "without"}
          choices={[
            { value: "without", label: "Present" },
            { value: "with", label: "With gone" },
            { value: "only", label: "Only gone" },
          ]}
          onChange={(gone) => onChange({ gone: gone === "without" ? undefined : gone })}
        />
      </div>
      {filters.length > 0 && (
        <div className={classes.line}>
          {filters.map((text, index) => {
            const filter = parseRecordFilter(text);
            const words = filter ? recordFilterWords(filter, labels.get(filter.field) ?? filter.field) : text;
            return (
              <span key={text} className={classes.chip}>
                {words}
                <ActionIcon
                  variant="transparent"
                  color="gray"
                  size={24}
                  onClick={() => without(index)}
                  aria-label={`Take away the filter: ${words}`}
                >
                  <IconX size={14} aria-hidden />
                </ActionIcon>
              </span>
            );
          })}
        </div>
      )}
    </div>
  );
}

const SEARCH_AFTER_MS = 300;

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <TextInput
      className={classes.search}
      aria-label="Search these records"
      placeholder="Search these records"
      leftSection={<IconSearch size={16} aria-hidden />}
      value={typed}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onChange(next.trim()), SEARCH_AFTER_MS);
      }}
    />
  );
}
