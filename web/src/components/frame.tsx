import { ActionIcon } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { IconCopyOff, IconFlask, IconMenu2 } from "@tabler/icons-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import classes from "./frame.module.css";
import { Navigation } from "./navigation";
import { ShortcutKeys } from "./shortcut-keys";

const NavigationDrawer = lazy(() => import("./navigation-drawer"));

export interface Person {
  name: string;
  email: string;
  role: string;
}

interface FrameProps {
  workspace: string;
  person: Person;
  version: string;
  /** The host of the simulated org that this server may connect to. */
  simulatedHost?: string;
  /** Whether the server runs on a copy of another's database, and calls no org. */
  isQuarantined?: boolean;
  onSignOut: () => void;
  children: ReactNode;
}

/** What stands around every page: navigation on the left, a drawer where it is narrow. */
export function Frame({ workspace, person, version, simulatedHost, isQuarantined, onSignOut, children }: FrameProps) {
  const [narrow, setNarrow] = useLocalStorage({
    key: "towpath-nav-narrow",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [wasOpened, setWasOpened] = useState(false);
  const [open, drawer] = useDisclosure(false, { onOpen: () => setWasOpened(true) });
  const navigation = { workspace, person, version, onSignOut };
  return (
    <div className={classes.frame}>
      <ShortcutKeys />
      <a href="#content" className={classes.skip}>
        Skip to the page
      </a>
      <aside aria-label="Workspace" className={`${classes.nav} ${narrow ? classes.narrow : ""}`}>
        <Navigation {...navigation} narrow={narrow} onNarrow={setNarrow} />
      </aside>
      {wasOpened && (
        <Suspense>
          <NavigationDrawer navigation={navigation} opened={open} onClose={drawer.close} />
        </Suspense>
      )}
      <div className={classes.main}>
        <aside aria-label="Workspace" className={classes.top}>
          <ActionIcon variant="subtle" color="gray" size={36} onClick={drawer.open} aria-label="Open the navigation">
            <IconMenu2 size={20} aria-hidden />
          </ActionIcon>
          <span className="ellipsis">{workspace}</span>
        </aside>
        {isQuarantined && (
          <aside className={classes.banner} aria-label="Whose database this is">
            <IconCopyOff size={16} aria-hidden />
            <span>
              This server runs on a copy of another server's database, or was moved. It shows what is there, but calls
              no org and syncs nothing until whoever runs it decides with <code>towpath adopt</code>.
            </span>
          </aside>
        )}
        {simulatedHost && (
          <aside className={classes.banner} aria-label="About this server">
            <IconFlask size={16} aria-hidden />
            <span>
              This server is for trying things out. It connects to the simulated org at <code>{simulatedHost}</code>.
            </span>
          </aside>
        )}
        <main id="content" className={classes.content} tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}
