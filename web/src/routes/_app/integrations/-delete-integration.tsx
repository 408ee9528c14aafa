import { Button, Modal, Radio, Skeleton, TextInput } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { integrationsKey, useDeleteIntegration, useDeletion } from "../../../api/integrations";
import type { DeletedIntegration, IntegrationBody } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { Card } from "../../../components/card";
import { ProblemNotice } from "../../../components/problem-notice";
import { StateLabel } from "../../../components/state-label";
import { formatCount } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import type { StatusWord } from "../../../lib/status";

/** Deleting an integration, and what became of it. */
export function DeleteCard({ integration, reason }: { integration: IntegrationBody; reason?: string }) {
  const [isOpen, dialog] = useDisclosure(false);
  const [deleted, setDeleted] = useState<DeletedIntegration>();
  const isNarrow = useMediaQuery("(max-width: 600px)");
  const cache = useQueryClient();
  const navigate = useNavigate();

  async function leave() {
    await navigate({ to: "/integrations" });
    await cache.invalidateQueries({ queryKey: integrationsKey });
  }

  return (
    <Card title="Delete">
      <p style={{ marginTop: 0 }}>Deletes its rules and mappings. You choose whether its records stay.</p>
      <ActionButton variant="default" c={reason ? undefined : "var(--problem)"} reason={reason} onClick={dialog.open}>
        Delete this integration
      </ActionButton>
      <Modal
        opened={isOpen}
        onClose={deleted ? leave : dialog.close}
        fullScreen={isNarrow}
        title={deleted ? "Deleted" : `Delete ${integration.name}?`}
      >
        {deleted ? (
          <Ending deleted={deleted} onLeave={leave} />
        ) : (
          <Question integration={integration} onDeleted={setDeleted} />
        )}
      </Modal>
    </Card>
  );
}

interface QuestionProps {
  integration: IntegrationBody;
  onDeleted: (deleted: DeletedIntegration) => void;
}

function Question({ integration, onDeleted }: QuestionProps) {
  const deletion = useDeletion(integration.id, true);
  const remove = useDeleteIntegration(integration);
  const [data, setData] = useState<"keep" | "remove">("keep");
  const [typed, setTyped] = useState("");
  if (deletion.isPending) return <Skeleton height={180} />;
  if (deletion.isError) return <ProblemNotice problem={toProblem(deletion.error)} onRetry={() => deletion.refetch()} />;
  const { rows, sobjects, revokes_grant } = deletion.data;
  const size = `${formatCount(rows, "record")} of ${formatCount(sobjects, "sObject")}`;
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 16 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === integration.name) remove.mutate(data, { onSuccess: onDeleted });
      }}
    >
      <Radio.Group
        label={`Its copy holds ${size}`}
        value={data}
        onChange={(choice) => setData(choice as "keep" | "remove")}
      >
        <div style={{ display: "flex", flexDirection: "column", gap: 8, marginTop: 8 }}>
          <Radio
            value="keep"
            label="Keep the records"
            description="They stay in the database as they are, for SQL, and no longer change."
          />
          <Radio
            value="remove"
            label="Remove the records"
            description={`${size} are removed for good. Salesforce is not touched.`}
          />
        </div>
      </Radio.Group>
      <p style={{ margin: 0 }}>
        {revokes_grant
          ? "Towpath gives its access to the org back: the grant is revoked in Salesforce."
          : "Another integration uses the same connection, so the access to the org stays."}
      </p>
      <TextInput
        label={`Type ${integration.name} to confirm`}
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {remove.isError && <ProblemNotice problem={toProblem(remove.error)} />}
      <Button type="submit" color="red" loading={remove.isPending} disabled={typed !== integration.name}>
        {data === "remove" ? `Delete it and remove ${formatCount(rows, "record")}` : "Delete it and keep the records"}
      </Button>
    </form>
  );
}

const grants: Record<DeletedIntegration["grant"], { state: StatusWord; text: string }> = {
  revoked: { state: { word: "Revoked", tone: "ok" }, text: "Salesforce confirmed that our access is gone." },
  pending: {
    state: { word: "Pending", tone: "warning" },
    text: "Salesforce has not confirmed yet that our access is gone. It is tried again until it does.",
  },
  still_used: {
    state: { word: "Still used", tone: "quiet" },
    text: "Another integration uses the same connection, so it stays.",
  },
};

function Ending({ deleted, onLeave }: { deleted: DeletedIntegration; onLeave: () => void }) {
  const { state, text } = grants[deleted.grant];
  return (
    <>
      <p style={{ marginTop: 0 }}>
        {deleted.rows_removed > 0
          ? `${formatCount(deleted.rows_removed, "record")} were removed.`
          : "No records were removed."}
      </p>
      <p>
        <StateLabel state={state} /> {text}
      </p>
      <Button onClick={onLeave}>Back to integrations</Button>
    </>
  );
}
