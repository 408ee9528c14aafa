import { Button, type ButtonProps, Tooltip } from "@mantine/core";
import type { MouseEvent } from "react";

interface ActionButtonProps extends ButtonProps {
  /** The act whose key presses it. */
  "data-shortcut"?: "run";
  /** Why this cannot be done now or by this person. The button stays reachable, so that the reason can be read. */
  reason?: string;
  onClick: () => void;
}

/** A button that tells why it is closed instead of only looking so. */
export function ActionButton({ reason, onClick, ...rest }: ActionButtonProps) {
  if (!reason) return <Button {...rest} onClick={onClick} />;
  return (
    <Tooltip label={reason} events={{ hover: true, focus: true, touch: true }}>
      <Button {...rest} data-disabled aria-disabled onClick={(event: MouseEvent) => event.preventDefault()} />
    </Tooltip>
  );
}
