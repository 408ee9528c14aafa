import type { IntegrationBody } from "../api/types";
import { type Role, reasonAgainst } from "../lib/roles";
import { reasonAgainstRunning } from "../lib/sharing";
import { ActionButton } from "./action-button";
import { LinkButton } from "./link";

interface MendButtonProps {
  integration: IntegrationBody;
  role: Role;
  onResume: () => void;
  resuming?: boolean;
}

/** The one button that brings an integration on: finish it, reconnect it, resume it, look at what is wrong. */
export function MendButton({ integration, role, onResume, resuming }: MendButtonProps) {
  const params = { id: integration.id };
  const mayManage = reasonAgainst(role, "admin");
  switch (integration.status) {
    case "needs_reconnect":
      if (mayManage)
        return (
          <ActionButton size="xs" reason={mayManage} onClick={() => {}}>
            Reconnect
          </ActionButton>
        );
      return (
        <LinkButton size="xs" to="/integrations/$id/settings" params={params}>
          Reconnect
        </LinkButton>
      );
    case "incomplete": {
      if (mayManage)
        return (
          <ActionButton size="xs" reason={mayManage} onClick={() => {}}>
            Finish set-up
          </ActionButton>
        );
      const step = integration.missing.includes("rule") ? "objects" : "mappings";
      return (
        <LinkButton size="xs" to={`/integrations/$id/set-up/${step}`} params={params}>
          Finish set-up
        </LinkButton>
      );
    }
    case "paused":
      return (
        <ActionButton
          size="xs"
          variant="default"
          reason={reasonAgainstRunning(integration, role)}
          loading={resuming}
          onClick={onResume}
        >
          Resume
        </ActionButton>
      );
    case "needs_attention":
      return (
        <LinkButton size="xs" variant="default" to="/integrations/$id" params={params}>
          See what is wrong
        </LinkButton>
      );
    default:
      return null;
  }
}
