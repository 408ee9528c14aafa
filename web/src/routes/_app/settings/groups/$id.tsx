import { Checkbox, MultiSelect, Select, Skeleton } from "@mantine/core";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { isChanged } from "../../../../api/client";
import {
  useDeleteGroup,
  useGroups,
  usePutConnectedGroups,
  usePutGroupMembers,
  useRenameGroup,
  useSwitchSalesforce,
} from "../../../../api/groups";
import { useIntegrations } from "../../../../api/integrations";
import { useMembers } from "../../../../api/members";
import { useMember } from "../../../../api/session";
import { useAdoptIntegration } from "../../../../api/shares";
import type { GroupBody } from "../../../../api/types";
import { ActionButton } from "../../../../components/action-button";
import { Card, Sections } from "../../../../components/card";
import { ConfirmDialog } from "../../../../components/confirm-dialog";
import { EmptyState } from "../../../../components/empty-state";
import { IntegrationLine } from "../../../../components/integration-line";
import { Link, LinkButton } from "../../../../components/link";
import { NameForm } from "../../../../components/name-form";
import { Notice, ProblemNotice } from "../../../../components/problem-notice";
import { TwoVersions } from "../../../../components/two-versions";
import { formatCount, formatList } from "../../../../lib/format";
import { toProblem } from "../../../../lib/problem";
import { reasonAgainst } from "../../../../lib/roles";
import { tellDone, tellFailed } from "../../../../lib/tell";
import { showToast } from "../../../../lib/toasts";
import { DisconnectShare } from "../../integrations/-disconnect-share";

export const Route = createFileRoute("/_app/settings/groups/$id")({ component: Group });

function Group() {
  const { id } = Route.useParams();
  const groups = useGroups();
  if (groups.isError) return <ProblemNotice problem={toProblem(groups.error)} onRetry={() => groups.refetch()} />;
  if (!groups.data) return <Skeleton height={320} />;
  const group = groups.data.find((one) => one.id === id);
  if (!group) {
    return (
      <Card>
        <EmptyState title="There is no such group" action={<LinkButton to="/settings/groups">All groups</LinkButton>}>
          It may have been deleted.
        </EmptyState>
      </Card>
    );
  }
  return <GroupPage group={group} all={groups.data} />;
}

function GroupPage({ group, all }: { group: GroupBody; all: GroupBody[] }) {
  const member = useMember();
  const reason = reasonAgainst(member.role, "admin");
  return (
    <>
      <p style={{ margin: "0 0 16px" }}>
        <Link to="/settings/groups" underline="always">
          Groups
        </Link>{" "}
        <span aria-hidden>/</span> <strong dir="auto">{group.name}</strong>
      </p>
      <Sections>
        <Connections group={group} reason={reason} />
        <People group={group} reason={reason} />
        <Others group={group} all={all} reason={reason} />
        <Name group={group} reason={reason} />
        <DeleteGroup group={group} reason={reason} />
      </Sections>
    </>
  );
}

/** What is switched on for the group, and its integrations. */
function Connections({ group, reason }: { group: GroupBody; reason?: string }) {
  const change = useSwitchSalesforce(group.id);
  const integrations = useIntegrations();
  const own = (integrations.data ?? []).filter(({ id }) => group.integrations.includes(id));
  const received = (integrations.data ?? []).filter(({ id }) => group.received.includes(id));
  const isOn = group.salesforce_on_at !== null;
  const wanted = isChanged(change.error) ? change.variables?.isOn : undefined;
  const switchTo = (on: boolean) =>
    change.mutate(
      { isOn: on, seen: group.version },
      {
        onSuccess: (changed) =>
          tellDone(
            changed.salesforce_on_at
              ? `Salesforce is on for ${changed.name}.`
              : `Salesforce is off for ${changed.name}. What is connected stays.`,
          ),
        onError: tellUnlessChanged,
      },
    );
  return (
    <Card
      title="Connections"
      aside={
        isOn && !reason ? (
          <LinkButton size="xs" to="/integrations/new" search={{ group: group.id }}>
            Add an integration
          </LinkButton>
        ) : undefined
      }
    >
      <Checkbox
        label="Salesforce"
        description={
          isOn
            ? "Admins may connect orgs for this group."
            : "Switch it on, and Salesforce is listed among the group's integrations."
        }
        checked={isOn}
        disabled={reason !== undefined || change.isPending}
        onChange={(event) => switchTo(event.currentTarget.checked)}
      />
      {wanted !== undefined && (
        <TwoVersions
          what="group"
          theirs={[{ label: "Salesforce", value: isOn ? "On" : "Off" }]}
          mine={[{ label: "Salesforce", value: wanted ? "On" : "Off" }]}
          isSaving={change.isPending}
          onKeepTheirs={change.reset}
          onSaveMine={() => switchTo(wanted)}
        />
      )}
      {(isOn || own.length > 0) && (
        <section aria-label="Integrations with Salesforce" style={{ marginTop: 16 }}>
          {own.map((integration) => (
            <IntegrationLine key={integration.id} integration={integration} />
          ))}
          {own.length === 0 && <p className="quiet">No integration yet.</p>}
          {isOn && !reason && <Adopt group={group} />}
        </section>
      )}
      {received.length > 0 && (
        <section aria-label="Shared with this group" style={{ marginTop: 16 }}>
          <h3 style={{ margin: 0, fontSize: 13 }}>Shared with this group</h3>
          {received.map((integration) => (
            <IntegrationLine
              key={integration.id}
              integration={integration}
              note={integration.group ? `from ${integration.group.name}` : undefined}
              action={<DisconnectShare integration={integration} group={group} />}
            />
          ))}
        </section>
      )}
    </Card>
  );
}

/** Gives the group an integration that belongs to the whole workspace. */
function Adopt({ group }: { group: GroupBody }) {
  const integrations = useIntegrations();
  const adopt = useAdoptIntegration(group.id);
  const free = (integrations.data ?? []).filter((integration) => integration.group === null);
  if (free.length === 0) return null;
  return (
    <Select
      mt={12}
      maw={360}
      size="xs"
      label="Give it an integration of the whole workspace"
      placeholder="Choose an integration"
      value={null}
      data={free.map(({ id, name }) => ({ value: id, label: name }))}
      description="From then on only the group and who manages integrations have access."
      onChange={(integration) =>
        integration &&
        adopt.mutate(integration, {
          onSuccess: ({ name, group: owner }) =>
            owner?.id === group.id
              ? tellDone(`${name} belongs to ${group.name}.`)
              : showToast({ tone: "problem", title: `${name} belongs to ${owner?.name ?? "nobody"} by now` }),
          onError: tellFailed,
        })
      }
    />
  );
}

function People({ group, reason }: { group: GroupBody; reason?: string }) {
  const members = useMembers();
  const put = usePutGroupMembers(group.id);
  const lost = isChanged(put.error) ? put.variables?.members : undefined;
  const names = (ids: string[]) =>
    formatList(ids.map((id) => members.data?.items.find((member) => member.id === id)?.name ?? "Somebody")) || "Nobody";
  return (
    <Card title="Members">
      {members.isError && <ProblemNotice problem={toProblem(members.error)} onRetry={() => members.refetch()} />}
      <MultiSelect
        label="Who is in this group"
        description="People of the workspace; invite others under Members."
        searchable
        readOnly={reason !== undefined || put.isPending}
        value={group.members}
        data={(members.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(ids) => put.mutate({ members: ids, seen: group.version }, { onError: tellUnlessChanged })}
      />
      {lost && (
        <TwoVersions
          what="group"
          theirs={[{ label: "Members", value: names(group.members) }]}
          mine={[{ label: "Members", value: names(lost) }]}
          isSaving={put.isPending}
          onKeepTheirs={put.reset}
          onSaveMine={() => put.mutate({ members: lost, seen: group.version }, { onError: tellUnlessChanged })}
        />
      )}
    </Card>
  );
}

function Others({ group, all, reason }: { group: GroupBody; all: GroupBody[]; reason?: string }) {
  const put = usePutConnectedGroups(group.id);
  const others = all.filter(({ id }) => id !== group.id);
  const lost = isChanged(put.error) ? put.variables?.groups : undefined;
  const names = (ids: string[]) =>
    formatList(all.filter(({ id }) => ids.includes(id)).map(({ name }) => name)) || "None";
  return (
    <Card title="Connected groups">
      {others.length === 0 ? (
        <p className="quiet" style={{ margin: 0 }}>
          There is no other group yet.
        </p>
      ) : (
        <MultiSelect
          label="Groups that it is connected with"
          description="Integrations can be shared with these. What is shared ends with the connection."
          searchable
          readOnly={reason !== undefined || put.isPending}
          value={group.connected}
          data={others.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(ids) => put.mutate({ groups: ids, seen: group.version }, { onError: tellUnlessChanged })}
        />
      )}
      {lost && (
        <TwoVersions
          what="group"
          theirs={[{ label: "Connected groups", value: names(group.connected) }]}
          mine={[{ label: "Connected groups", value: names(lost) }]}
          isSaving={put.isPending}
          onKeepTheirs={put.reset}
          onSaveMine={() => put.mutate({ groups: lost, seen: group.version }, { onError: tellUnlessChanged })}
        />
      )}
    </Card>
  );
}

function Name({ group, reason }: { group: GroupBody; reason?: string }) {
  const rename = useRenameGroup(group.id);
  return (
    <Card title="Name">
      <NameForm label="Name of this group" named={group} rename={rename} reason={reason} />
    </Card>
  );
}

/** What somebody else changed meanwhile is shown beside it. */
function tellUnlessChanged(error: Error) {
  if (!isChanged(error)) tellFailed(error);
}

function DeleteGroup({ group, reason }: { group: GroupBody; reason?: string }) {
  const remove = useDeleteGroup();
  const navigate = useNavigate();
  const [isAsked, setAsked] = useState(false);
  const owned = group.integrations.length;
  return (
    <Card title="Delete this group">
      <p style={{ marginTop: 0 }}>
        {owned > 0
          ? `It owns ${formatCount(owned, "integration")}. Give ${owned === 1 ? "it" : "them"} to another group or to the whole workspace first.`
          : "What other groups share with it is shared with it no longer. Members stay in the workspace."}
      </p>
      {isChanged(remove.error) && (
        <div role="alert" style={{ marginBottom: 16 }}>
          <Notice tone="warning">
            Somebody else changed this group while you had it open, so it was not deleted. It is shown as it is now.
          </Notice>
        </div>
      )}
      <ActionButton
        variant="default"
        reason={reason ?? (owned > 0 ? "It still owns integrations." : undefined)}
        onClick={() => setAsked(true)}
      >
        Delete the group
      </ActionButton>
      <ConfirmDialog
        opened={isAsked}
        title={`Delete ${group.name}?`}
        action="Delete the group"
        isWorking={remove.isPending}
        onClose={() => setAsked(false)}
        onConfirm={() =>
          remove.mutate(group, {
            onSuccess: () => {
              tellDone(`${group.name} is deleted.`);
              navigate({ to: "/settings/groups" });
            },
            onError: (error) => {
              setAsked(false);
              tellUnlessChanged(error);
            },
          })
        }
      >
        Members stay in the workspace.
      </ConfirmDialog>
    </Card>
  );
}
