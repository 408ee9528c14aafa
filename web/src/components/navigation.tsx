import { ActionIcon, Menu, Tooltip, UnstyledButton } from "@mantine/core";
import {
  IconChevronsLeft,
  IconChevronsRight,
  IconDatabase,
  IconHome,
  IconLogout,
  IconPlugConnected,
  IconSettings,
  IconUser,
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
  { to: "/settings", words: "Settings", Icon: IconSettings, exact: false },
] as const;

interface NavigationProps {
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
        <PersonMenu person={person} narrow={narrow} onLeave={onLeave} onSignOut={onSignOut} />
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

interface PersonMenuProps {
  person: Person;
  narrow: boolean;
  onLeave?: () => void;
  onSignOut: () => void;
}

function PersonMenu({ person, narrow, onLeave, onSignOut }: PersonMenuProps) {
  return (
    <Menu position="top-start" width={200}>
      <Menu.Target>
        <UnstyledButton className={classes.person} aria-label={`${person.name}, your account`}>
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
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{person.email}</Menu.Label>
        <Menu.Item
          component={RouterLink}
          to="/settings"
          onClick={onLeave}
          leftSection={<IconUser size={16} aria-hidden />}
        >
          Your profile
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={onSignOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => word?.charAt(0).toUpperCase() ?? "")
    .join("");
}
