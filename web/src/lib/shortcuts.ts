/** What the keys do. */
export const shortcuts: { keys: string; does: string }[] = [
  { keys: "?", does: "Show these keys" },
  { keys: "/", does: "Search" },
  { keys: "g h", does: "Go to Home" },
  { keys: "g i", does: "Go to Integrations" },
  { keys: "g d", does: "Go to Data" },
  { keys: "g t", does: "Go to the timeline" },
  { keys: "g s", does: "Go to Settings" },
  { keys: "r", does: "Sync now, on an integration's page" },
  { keys: "j", does: "Next row of a table of records" },
  { keys: "k", does: "Row before" },
  { keys: "Enter", does: "Open the row" },
  { keys: "Esc", does: "Close what is open" },
];

export type Shortcut =
  | { kind: "help" }
  | { kind: "search" }
  | { kind: "run" }
  | { kind: "go"; to: "/" | "/integrations" | "/data" | "/timeline" | "/settings" };

const places: Record<string, Extract<Shortcut, { kind: "go" }>["to"]> = {
  h: "/",
  i: "/integrations",
  d: "/data",
  t: "/timeline",
  s: "/settings",
};

/** How long the second key of a pair is waited for. */
const PAIR_MS = 1_500;

interface Pressed {
  key: string;
  at: number;
}

/** What a key does after the one before it, if anything. */
export function readShortcut(now: Pressed, before: Pressed | undefined): Shortcut | undefined {
  if (before?.key === "g" && now.at - before.at <= PAIR_MS) {
    const to = places[now.key];
    if (to) return { kind: "go", to };
  }
  if (now.key === "?") return { kind: "help" };
  if (now.key === "/") return { kind: "search" };
  if (now.key === "r") return { kind: "run" };
  return undefined;
}

/** Whether somebody is typing, so that keys are letters. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
