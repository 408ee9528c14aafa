import { useState } from "react";
import { useMember } from "../../../api/session";
import { useDisconnectShare } from "../../../api/shares";
import type { IntegrationBody } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { ConfirmDialog } from "../../../components/confirm-dialog";
import { reasonAgainst } from "../../../lib/roles";
import { tellDone, tellFailed } from "../../../lib/tell";

interface DisconnectShareProps {
  integration: IntegrationBody;
  /** The group that received it. */
  group: { id: string; name: string };
  /** Called once the page may be nobody's to see any more. */
  onDisconnected?: () => void;
}

/** Ends what another group shares with one's own. */
export function DisconnectShare({ integration, group, onDisconnected }: DisconnectShareProps) {
  const disconnect = useDisconnectShare();
  const member = useMember();
  const [isAsked, setAsked] = useState(false);

  function leave() {
    setAsked(false);
    tellDone(`${integration.name} is disconnected for ${group.name}.`);
    onDisconnected?.();
  }

  return (
    <>
      <ActionButton
        size="compact-xs"
        variant="default"
        reason={reasonAgainst(member.role, "operator")}
        onClick={() => setAsked(true)}
      >
        Disconnect
      </ActionButton>
      <ConfirmDialog
        opened={isAsked}
        title={`Disconnect ${integration.name} for ${group.name}?`}
        action="Disconnect"
        isWorking={disconnect.isPending}
        onClose={() => setAsked(false)}
        onConfirm={() =>
          disconnect.mutate({ integration: integration.id, group: group.id }, { onSuccess: leave, onError: tellFailed })
        }
      >
        Its members have no access any more, at once. {integration.group?.name ?? "The owner"} keeps it, is told on the
        timeline, and can share it again.
      </ConfirmDialog>
    </>
  );
}
