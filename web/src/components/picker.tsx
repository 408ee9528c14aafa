import { Checkbox, TextInput, Tooltip } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { formatNumber } from "../lib/format";
import { matchesSearch } from "../lib/search";
import classes from "./picker.module.css";

/** One thing that can be picked. */
export interface PickerItem {
  name: string;
  label: string;
  custom: boolean;
  /** Shown in a column of its own. */
  type?: string;
  /** Why it cannot be picked. */
  whyNot?: string;
  /** A short word for `whyNot`. */
  offWord?: string;
}

interface PickerProps {
  items: PickerItem[];
  selected: ReadonlySet<string>;
  onToggle: (name: string, on: boolean) => void;
  searchLabel: string;
  /** Buttons beside the search box, such as select all. They are told what the search has left. */
  tools?: (shown: PickerItem[]) => ReactNode;
}

const ROW_HEIGHT = 36;

/** A long list to pick from: search over label and API name, only the rows in sight are drawn. */
export function Picker({ items, selected, onToggle, searchLabel, tools }: PickerProps) {
  const [search, setSearch] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const shown = useMemo(
    () => items.filter((item) => matchesSearch(search, item.label, item.name, item.type)),
    [items, search],
  );
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  return (
    <div>
      <div className={classes.bar}>
        <TextInput
          className={classes.search}
          aria-label={searchLabel}
          placeholder={searchLabel}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <span className="quiet small">
          {formatNumber(selected.size)} selected · {formatNumber(shown.length)} shown
        </span>
        {tools?.(shown)}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be drawn and spoken as one. */}
      <div className={classes.list} role="group" ref={list} tabIndex={0} aria-label="Choices">
        {shown.length === 0 ? (
          <p className={classes.none}>Nothing matches “{search}”.</p>
        ) : (
          <div className={classes.inner} style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((row) => {
              const item = shown[row.index];
              if (!item) return null;
              return (
                <PickerRow
                  key={item.name}
                  item={item}
                  on={selected.has(item.name)}
                  top={row.start}
                  onToggle={onToggle}
                />
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}

interface PickerRowProps {
  item: PickerItem;
  on: boolean;
  top: number;
  onToggle: (name: string, on: boolean) => void;
}

function PickerRow({ item, on, top, onToggle }: PickerRowProps) {
  const off = item.whyNot !== undefined;
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the checkbox inside is the control.
    <label className={classes.row} style={{ transform: `translateY(${top}px)` }} data-off={off || undefined}>
      <Checkbox
        size="xs"
        checked={on}
        disabled={off && !on}
        onChange={(event) => onToggle(item.name, event.currentTarget.checked)}
        aria-label={`${item.label} (${item.name})`}
      />
      <span className={classes.label}>{item.label}</span>
      <span className={`${classes.api} mono`}>{item.name === item.label ? "" : item.name}</span>
      {item.type && <span className={`${classes.type} mono ellipsis`}>{item.type}</span>}
      {off ? (
        <Tooltip label={item.whyNot} events={{ hover: true, focus: true, touch: true }}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the reason must be reachable by keyboard. */}
          <span className={`${classes.chip} ${classes.off}`} tabIndex={0}>
            {item.offWord ?? "Not readable"}
          </span>
        </Tooltip>
      ) : (
        <span className={`${classes.chip} ${item.custom ? classes.custom : ""}`}>
          {item.custom ? "Custom" : "Standard"}
        </span>
      )}
    </label>
  );
}
