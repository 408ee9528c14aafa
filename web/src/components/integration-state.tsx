import { Tooltip } from "@mantine/core";
import type { IntegrationBody } from "../api/types";
import { formatInstant } from "../lib/format";
import { activityWords, integrationStatus } from "../lib/status";
import { useNow } from "../lib/use-now";
import { StateLabel } from "./state-label";

/** The status word of an integration and, beside it, how fresh its copy is. */
export function IntegrationState({ integration }: { integration: IntegrationBody }) {
  const now = useNow();
  const words = activityWords(integration, now);
  const at = integration.activity?.kind === "up_to_date" ? integration.activity.at : undefined;
  return (
    <span style={{ display: "inline-flex", flexWrap: "wrap", alignItems: "center", gap: "4px 10px" }}>
      <StateLabel state={integrationStatus(integration)} />
      {words && (
        <Tooltip label={at ? formatInstant(at) : ""} disabled={!at} events={{ hover: true, focus: true, touch: true }}>
          <span className="quiet" tabIndex={at ? 0 : undefined}>
            {words}
          </span>
        </Tooltip>
      )}
    </span>
  );
}
