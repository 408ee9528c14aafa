import { Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconKey } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { useApiKeys, useRevokeApiKey } from "../../../api/api-keys";
import { useMembers } from "../../../api/members";
import type { ApiKeyBody } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { ApiKeyTable } from "../../../components/api-key-table";
import { Card } from "../../../components/card";
import { ConfirmDialog } from "../../../components/confirm-dialog";
import { EmptyState } from "../../../components/empty-state";
import { ProblemNotice } from "../../../components/problem-notice";
import { ShownOnce } from "../../../components/shown-once";
import { TableSkeleton } from "../../../components/table";
import { toProblem } from "../../../lib/problem";
import { tellDone, tellFailed } from "../../../lib/tell";
import { KeyForm } from "./-key-form";

export const Route = createFileRoute("/_app/settings/keys")({ component: Keys });

function Keys() {
  const keys = useApiKeys();
  const members = useMembers();
  const revoke = useRevokeApiKey();
  const [isMaking, setMaking] = useState(false);
  const [token, setToken] = useState<string>();
  const [ending, setEnding] = useState<ApiKeyBody>();
  const isNarrow = useMediaQuery("(max-width: 600px)");
  const names = new Map(members.data?.items.map(({ id, name }) => [id, name]));
  const make = (
    <ActionButton size="xs" onClick={() => setMaking(true)}>
      Create a key
    </ActionButton>
  );
  return (
    <Card title="API keys" flush aside={keys.data && keys.data.items.length > 0 && make}>
      {keys.isPending && (
        <TableSkeleton columns={["Name", "Role", "Starts with", "Made", "Ends", "Last used"]} rows={3} />
      )}
      {keys.isError && <ProblemNotice problem={toProblem(keys.error)} onRetry={() => keys.refetch()} />}
      {keys.data?.items.length === 0 && (
        <EmptyState icon={<IconKey size={32} stroke={1.5} aria-hidden />} title="No key yet" action={make}>
          Programs and the command line sign in with a key: <code>Authorization: Bearer twp_…</code>
        </EmptyState>
      )}
      {keys.data && keys.data.items.length > 0 && (
        <ApiKeyTable keys={keys.data.items} names={names} onRevoke={setEnding} />
      )}
      <Modal
        opened={isMaking || token !== undefined}
        onClose={() => {
          setMaking(false);
          setToken(undefined);
        }}
        fullScreen={isNarrow}
        closeOnClickOutside={token === undefined}
        title={token ? "Copy the key now" : "Create an API key"}
      >
        {token ? (
          <ShownOnce value={token}>It is not shown again. Towpath keeps only what it needs to recognise it.</ShownOnce>
        ) : (
          <KeyForm onMade={setToken} />
        )}
      </Modal>
      <ConfirmDialog
        opened={ending !== undefined}
        title={`Revoke ${ending?.name}?`}
        action="Revoke the key"
        isWorking={revoke.isPending}
        onClose={() => setEnding(undefined)}
        onConfirm={() => {
          if (!ending) return;
          revoke.mutate(ending.id, {
            onSuccess: () => tellDone("The key is revoked."),
            onError: tellFailed,
            onSettled: () => setEnding(undefined),
          });
        }}
      >
        Programs that use it are refused from now on.
      </ConfirmDialog>
    </Card>
  );
}
