import { Checkbox, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import type { GroupBody } from "../api/types";
import { formatCount } from "../lib/format";
import { matchesSearch } from "../lib/search";
import classes from "./group-picker.module.css";

interface GroupPickerProps {
  /** The group that owns the integration, which has access in any case. */
  own: GroupBody;
  /** Those that it is connected with. */
  groups: GroupBody[];
  /** The ids of those that are chosen. */
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

/** The groups that may have access: the own one, and those that it is connected with, found by name. */
export function GroupPicker({ own, groups, chosen, onChange }: GroupPickerProps) {
  const [search, setSearch] = useState("");
  const shown = groups.filter(({ name }) => matchesSearch(search, name));
  return (
    <>
      <div className={classes.search}>
        <TextInput
          type="search"
          aria-label={`Find a group that ${own.name} is connected with`}
          placeholder="Find a connected group"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <ul className={classes.list} aria-label="Groups with access" tabIndex={0}>
        <li className={classes.row}>
          <Checkbox checked readOnly disabled label={<span dir="auto">{own.name}</span>} description={membersOf(own)} />
          <span className={classes.chip}>Own group</span>
        </li>
        {shown.map((group) => (
          <li key={group.id} className={classes.row}>
            <Checkbox
              checked={chosen.includes(group.id)}
              label={<span dir="auto">{group.name}</span>}
              description={membersOf(group)}
              onChange={(event) =>
                onChange(event.currentTarget.checked ? [...chosen, group.id] : chosen.filter((one) => one !== group.id))
              }
            />
          </li>
        ))}
      </ul>
      {groups.length > 0 && shown.length === 0 && (
        <p className={classes.none} role="status">
          No connected group is called “{search}”.
        </p>
      )}
    </>
  );
}

function membersOf({ members }: GroupBody): string {
  return members.length === 0 ? "Nobody is in it yet" : formatCount(members.length, "member");
}
