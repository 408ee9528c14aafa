import { Button, Checkbox, Popover, ScrollArea, TextInput } from "@mantine/core";
import { IconColumns } from "@tabler/icons-react";
import { useState } from "react";
import type { RecordColumn } from "../api/types";
import { matchesSearch } from "../lib/search";

interface ColumnChooserProps {
  columns: RecordColumn[];
  shown: string[];
  /** Whether somebody chose, so that there is something to undo. */
  isChosen: boolean;
  onChange: (names: string[] | undefined) => void;
}

/** Which columns a table shows, in the order in which they were ticked. */
export function ColumnChooser({ columns, shown, isChosen, onChange }: ColumnChooserProps) {
  const [search, setSearch] = useState("");
  const matching = columns.filter(({ name, label }) => matchesSearch(search, label, name));
  return (
    <Popover position="bottom-start" width={300} shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns size={16} aria-hidden />} disabled={columns.length === 0}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <TextInput
          aria-label="Search columns"
          placeholder="Search columns"
          mb={8}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <ScrollArea.Autosize mah={300} viewportProps={{ tabIndex: 0, "aria-label": "Columns" }}>
          <div style={{ display: "flex", flexDirection: "column", gap: 8, padding: "4px 2px" }}>
            {matching.map(({ name, label }) => (
              <Checkbox
                key={name}
                size="xs"
                checked={shown.includes(name)}
                disabled={shown.length === 1 && shown[0] === name}
                label={label}
                description={label === name ? undefined : name}
                onChange={(event) =>
                  onChange(event.currentTarget.checked ? [...shown, name] : shown.filter((other) => other !== name))
                }
              />
            ))}
          </div>
        </ScrollArea.Autosize>
        {isChosen && (
          <Button size="xs" variant="subtle" mt={8} onClick={() => onChange(undefined)}>
            Show the usual columns
          </Button>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
