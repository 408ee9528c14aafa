import { Tooltip } from "@mantine/core";
import { formatInstant, formatRelative } from "../lib/format";
import { useNow } from "../lib/use-now";

/** An instant as its distance from now; exact, with its zone, on hover and focus. */
export function TimeAgo({ at, prefix }: { at: string; prefix?: string }) {
  const now = useNow();
  return (
    <Tooltip label={formatInstant(at)} events={{ hover: true, focus: true, touch: true }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the exact time must be reachable by keyboard. */}
      <time dateTime={at} tabIndex={0}>
        {prefix}
        {formatRelative(at, now)}
      </time>
    </Tooltip>
  );
}
