import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconChevronsLeft,
  IconChevronsRight,
  IconDatabase,
  IconHistory,
  IconHome,
  IconLogout,
  IconPlugConnected,
  IconSettings,
} from "@tabler/icons-react";
import { Link as RouterLink } from "@tanstack/react-router";
import { type Role, roleLabel } from "../lib/roles";
import { ColourSchemeSwitch } from "./colour-scheme-switch";
import type { Person } from "./frame";
import classes from "./frame.module.css";

const places = [
  { to: "/", words: "Home", Icon: IconHome, exact: true },
  { to: "/integrations", words: "Integrations", Icon: IconPlugConnected, exact: false },
  { to: "/data", words: "Data", Icon: IconDatabase, exact: false },
  { to: "/timeline", words: "Timeline", Icon: IconHistory, exact: false },
  { to: "/settings", words: "Settings", Icon: IconSettings, exact: false },
] as const;

export interface NavigationProps {
  workspace: string;
  person: Person;
  version: string;
  narrow: boolean;
  onNarrow?: (narrow: boolean) => void;
  /** Called when somebody chose a place. */
  onLeave?: () => void;
  onSignOut: () => void;
}

export function Navigation({ workspace, person, version, narrow, onNarrow, onLeave, onSignOut }: NavigationProps) {
  return (
    <div className={`${classes.inner} ${narrow ? classes.narrow : ""}`} style={{ width: "100%" }}>
      <div className={classes.workspace} title={`${workspace} · Towpath ${version}`}>
        <img src="/icon.svg" width={24} height={24} alt="Towpath" />
        {!narrow && <span className="ellipsis">{workspace}</span>}
      </div>
      <nav aria-label="Main" style={{ flex: 1, minHeight: 0 }}>
        <ul className={classes.places}>
          {places.map(({ to, words, Icon, exact }) => (
            <li key={to}>
              <Tooltip label={words} position="right" disabled={!narrow}>
                <RouterLink
                  to={to}
                  className={classes.place}
                  activeOptions={{ exact, includeSearch: false }}
                  aria-label={narrow ? words : undefined}
                  onClick={onLeave}
                >
                  <Icon size={20} aria-hidden />
                  {!narrow && words}
                </RouterLink>
              </Tooltip>
            </li>
          ))}
        </ul>
      </nav>
      <div className={classes.foot}>
        {!narrow && <ColourSchemeSwitch />}
        <PersonLines person={person} narrow={narrow} onLeave={onLeave} onSignOut={onSignOut} />
        {onNarrow && (
          <Tooltip label={narrow ? "Widen the navigation" : "Narrow the navigation"} position="right">
            <ActionIcon
              variant="subtle"
              color="gray"
              size={28}
              style={{ alignSelf: narrow ? "center" : "flex-end" }}
              onClick={() => onNarrow(!narrow)}
              aria-label={narrow ? "Widen the navigation" : "Narrow the navigation"}
            >
              {narrow ? <IconChevronsRight size={16} aria-hidden /> : <IconChevronsLeft size={16} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        )}
      </div>
    </div>
  );
}

interface PersonLinesProps {
  person: Person;
  narrow: boolean;
  onLeave?: () => void;
  onSignOut: () => void;
}

function PersonLines({ person, narrow, onLeave, onSignOut }: PersonLinesProps) {
  return (
    <div className={classes.you}>
      <Tooltip label={`${person.name}, your profile`} position="right" disabled={!narrow}>
        <RouterLink
          to="/settings"
          className={classes.person}
          onClick={onLeave}
          aria-label={`${person.name}, your profile`}
        >
          <span className={classes.face} aria-hidden>
            {initials(person.name)}
          </span>
          {!narrow && (
            <span className={classes.who}>
              <span className="ellipsis" style={{ display: "block" }} dir="auto">
                {person.name}
              </span>
              <span className="quiet small">{roleLabel(person.role as Role)}</span>
            </span>
          )}
        </RouterLink>
      </Tooltip>
      <Tooltip label="Sign out" position="right">
        <ActionIcon variant="subtle" color="gray" size={28} onClick={onSignOut} aria-label="Sign out">
          <IconLogout size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => word?.charAt(0).toUpperCase() ?? "")
    .join("");
}
