import { ActionIcon, Popover } from "@mantine/core";
import { IconHelpCircle } from "@tabler/icons-react";
import { useLocation } from "@tanstack/react-router";
import { helpFor } from "../lib/help";

/** What is this? A few lines about the page, and where more stands. */
export function HelpButton() {
  const { pathname } = useLocation();
  const help = helpFor(pathname.replace(/(.)\/$/, "$1"));
  if (!help) return null;
  return (
    <Popover width={340} position="bottom-start" trapFocus returnFocus withArrow>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size={28} aria-label="What is this?">
          <IconHelpCircle size={20} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="What is this?">
        <ul style={{ margin: 0, paddingLeft: 18, display: "flex", flexDirection: "column", gap: 6 }}>
          {help.lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <p style={{ margin: "10px 0 0" }}>
          <a href={`/docs/${help.page}`} target="_blank" rel="noopener" style={{ color: "var(--accent-text)" }}>
            Read more
          </a>
        </p>
      </Popover.Dropdown>
    </Popover>
  );
}
