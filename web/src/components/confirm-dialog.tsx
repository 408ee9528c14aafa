import { Button, Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  /** The verb on the button. */
  action: string;
  isWorking: boolean;
  onClose: () => void;
  onConfirm: () => void;
  /** What will happen. */
  children: ReactNode;
}

/** Asks before something is done that cannot be undone. */
export function ConfirmDialog({ opened, title, action, isWorking, onClose, onConfirm, children }: ConfirmDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <p style={{ marginTop: 0 }}>{children}</p>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
        <Button color="red" loading={isWorking} onClick={onConfirm}>
          {action}
        </Button>
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
      </div>
    </Modal>
  );
}
