import { Kbd, Modal, Switch } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { isTyping, readShortcut, shortcuts } from "../lib/shortcuts";

/** Keys that lead somewhere, and the list of them. They can be switched off, but for the list itself. */
export function ShortcutKeys() {
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const [isOn, setOn] = useLocalStorage({ key: "towpath-shortcuts", defaultValue: true });
  const before = useRef<{ key: string; at: number }>(undefined);

  useEffect(() => {
    function press(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
      const now = { key: event.key, at: event.timeStamp };
      const shortcut = readShortcut(now, before.current);
      before.current = now;
      const run = shortcut?.kind === "run" ? findRunButton() : undefined;
      if (!shortcut || run === null || (!isOn && shortcut.kind !== "help")) return;
      event.preventDefault();
      if (shortcut.kind === "help") setOpen(true);
      if (shortcut.kind === "go") navigate({ to: shortcut.to });
      if (shortcut.kind === "search") findSearch()?.focus();
      run?.click();
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [navigate, isOn]);

  return (
    <Modal opened={isOpen} onClose={() => setOpen(false)} title="Keys">
      <dl style={{ display: "grid", gridTemplateColumns: "max-content 1fr", gap: "8px 16px", margin: "0 0 16px" }}>
        {shortcuts.map(({ keys, does }) => (
          <div key={keys} style={{ display: "contents" }}>
            <dt>
              {keys.split(" ").map((key) => (
                <Kbd key={key} mr={4}>
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd style={{ margin: 0 }}>{does}</dd>
          </div>
        ))}
      </dl>
      <Switch
        label="Single keys lead somewhere"
        checked={isOn}
        onChange={(event) => setOn(event.currentTarget.checked)}
      />
    </Modal>
  );
}

/** The button of the page that begins a sync, if it has one. One that is closed says why. */
function findRunButton(): HTMLElement | null {
  return document.querySelector<HTMLElement>("main [data-shortcut=run]");
}

/** The search field of the page, if it has one. */
function findSearch(): HTMLInputElement | null {
  return document.querySelector<HTMLInputElement>(
    'main input[type="search"], main input[aria-label^="Search"], main input[placeholder^="Search"]',
  );
}
