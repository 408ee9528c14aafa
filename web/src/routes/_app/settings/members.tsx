import { Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { isChanged } from "../../../api/client";
import { useChangeMember, useMembers, useRemoveMember, useSignInLink } from "../../../api/members";
import { useMember } from "../../../api/session";
import { useEndSessionsOf } from "../../../api/sessions";
import type { MemberBody, RoleBody } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { Card } from "../../../components/card";
import { ConfirmDialog } from "../../../components/confirm-dialog";
import { MemberTable } from "../../../components/member-table";
import { ProblemNotice } from "../../../components/problem-notice";
import { ShownOnce } from "../../../components/shown-once";
import { TableSkeleton } from "../../../components/table";
import { TwoVersions } from "../../../components/two-versions";
import { formatShortInstant } from "../../../lib/format";
import { toProblem } from "../../../lib/problem";
import { reasonAgainst, roleLabel } from "../../../lib/roles";
import { tellDone, tellFailed } from "../../../lib/tell";
import { InviteForm } from "./-invite-form";

export const Route = createFileRoute("/_app/settings/members")({ component: Members });

interface HandedLink {
  title: string;
  link: string;
  expiresAt: string;
}

function Members() {
  const me = useMember();
  const members = useMembers();
  const change = useChangeMember();
  const remove = useRemoveMember();
  const makeLink = useSignInLink();
  const signOut = useEndSessionsOf();
  const [isInviting, setInviting] = useState(false);
  const [handed, setHanded] = useState<HandedLink>();
  const [leaving, setLeaving] = useState<MemberBody>();
  const isNarrow = useMediaQuery("(max-width: 600px)");
  const reason = reasonAgainst(me.role, "owner");
  const lost = isChanged(change.error) ? change.variables : undefined;
  const theirs = members.data?.items.find(({ id }) => id === lost?.id);
  // Somebody else changed the member between the question and the answer.
  const overtaken = isChanged(remove.error) && remove.variables?.id === leaving?.id;
  const leavingNow = members.data?.items.find(({ id }) => id === leaving?.id);
  const askToRemove = (member?: MemberBody) => {
    remove.reset();
    setLeaving(member);
  };
  const giveRole = (member: MemberBody, role: RoleBody) =>
    change.mutate(
      { id: member.id, seen: member.version, role },
      {
        onSuccess: () => tellDone(`${member.name} has another role.`),
        onError: (error) => isChanged(error) || tellFailed(error),
      },
    );

  return (
    <Card
      title="Members"
      flush
      aside={
        <ActionButton size="xs" reason={reason} onClick={() => setInviting(true)}>
          Invite a member
        </ActionButton>
      }
    >
      {members.isPending && <TableSkeleton columns={["Name", "Email", "Role", "Last signed in"]} />}
      {members.isError && <ProblemNotice problem={toProblem(members.error)} onRetry={() => members.refetch()} />}
      {lost && (
        <TwoVersions
          what={`role of ${theirs?.name ?? "a former member"}`}
          theirs={members.isFetching ? undefined : [{ label: "Role", value: theirs ? roleLabel(theirs.role) : "None" }]}
          mine={[{ label: "Role", value: roleLabel(lost.role) }]}
          isSaving={change.isPending}
          onKeepTheirs={change.reset}
          onSaveMine={() => (theirs ? giveRole(theirs, lost.role) : change.reset())}
        />
      )}
      {members.data && (
        <MemberTable
          members={members.data.items}
          me={me.id}
          reason={reason}
          onRole={giveRole}
          onLink={(member) =>
            makeLink.mutate(member.id, {
              onSuccess: ({ link, expires_at }) =>
                setHanded({ title: `A sign-in link for ${member.name}`, link, expiresAt: expires_at }),
              onError: tellFailed,
            })
          }
          onSignOut={(member) =>
            signOut.mutate(member.id, {
              onSuccess: () => tellDone(`${member.name} is signed out everywhere.`),
              onError: tellFailed,
            })
          }
          onRemove={askToRemove}
        />
      )}
      <Modal opened={isInviting} onClose={() => setInviting(false)} fullScreen={isNarrow} title="Invite a member">
        <InviteForm
          onInvited={({ member, link, expires_at }) => {
            setInviting(false);
            setHanded({ title: `${member.name} is invited`, link, expiresAt: expires_at });
          }}
        />
      </Modal>
      <Modal
        opened={handed !== undefined}
        onClose={() => setHanded(undefined)}
        fullScreen={isNarrow}
        title={handed?.title}
      >
        {handed && (
          <ShownOnce value={handed.link}>
            Hand this link over yourself. It works once, until {formatShortInstant(handed.expiresAt)}, and is not shown
            again.
          </ShownOnce>
        )}
      </Modal>
      <ConfirmDialog
        opened={leaving !== undefined}
        title={`Remove ${leaving?.name}?`}
        action="Remove the member"
        isWorking={remove.isPending}
        onClose={() => askToRemove()}
        onConfirm={() => {
          if (!leaving) return;
          remove.mutate(overtaken && leavingNow ? leavingNow : leaving, {
            onSuccess: () => {
              tellDone(`${leaving.name} is no longer a member.`);
              setLeaving(undefined);
            },
            onError: (error) => {
              if (isChanged(error)) return;
              tellFailed(error);
              setLeaving(undefined);
            },
          });
        }}
      >
        {overtaken && leavingNow && (
          <span role="alert" style={{ display: "block", marginBottom: 12, fontWeight: 600 }}>
            Somebody else changed this member while you had this open: {leavingNow.name} is {roleLabel(leavingNow.role)}{" "}
            now, and was {roleLabel(leaving?.role ?? leavingNow.role)}. Nobody is removed yet.
          </span>
        )}
        Their sessions and API keys end at once. Integrations they connected stay.
      </ConfirmDialog>
    </Card>
  );
}
