import { Button, Modal, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCreateGroup, useGroups } from "../../../../api/groups";
import { useMember } from "../../../../api/session";
import { ActionButton } from "../../../../components/action-button";
import { Card } from "../../../../components/card";
import { Form } from "../../../../components/door";
import { EmptyState } from "../../../../components/empty-state";
import { GroupTable } from "../../../../components/group-table";
import { ProblemNotice } from "../../../../components/problem-notice";
import { TableSkeleton } from "../../../../components/table";
import { fieldError, toProblem } from "../../../../lib/problem";
import { reasonAgainst } from "../../../../lib/roles";

export const Route = createFileRoute("/_app/settings/groups/")({ component: Groups });

function Groups() {
  const groups = useGroups();
  const member = useMember();
  const [isMaking, setMaking] = useState(false);
  const isNarrow = useMediaQuery("(max-width: 600px)");
  return (
    <Card
      title="Groups"
      flush
      aside={
        <ActionButton size="xs" reason={reasonAgainst(member.role, "admin")} onClick={() => setMaking(true)}>
          Make a group
        </ActionButton>
      }
    >
      {groups.isPending && <TableSkeleton columns={["Group", "Members", "Salesforce", "Integrations"]} />}
      {groups.isError && <ProblemNotice problem={toProblem(groups.error)} onRetry={() => groups.refetch()} />}
      {groups.data?.length === 0 && (
        <EmptyState title="No group yet">
          A group is members who work together. It owns integrations once an admin has switched Salesforce on for it;
          without groups, integrations belong to the whole workspace.
        </EmptyState>
      )}
      {groups.data && groups.data.length > 0 && <GroupTable groups={groups.data} />}
      <Modal opened={isMaking} onClose={() => setMaking(false)} fullScreen={isNarrow} title="Make a group">
        <NewGroupForm />
      </Modal>
    </Card>
  );
}

function NewGroupForm() {
  const create = useCreateGroup();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const nameError = fieldError(create.error, "group.exists", "name.invalid", "request.invalid");
  return (
    <Form
      onSubmit={() =>
        create.mutate(name.trim(), {
          onSuccess: ({ id }) => navigate({ to: "/settings/groups/$id", params: { id } }),
        })
      }
    >
      {create.isError && !nameError && <ProblemNotice problem={toProblem(create.error)} />}
      <TextInput
        label="Name"
        description="You are its first member."
        required
        withAsterisk={false}
        data-autofocus
        maxLength={80}
        value={name}
        error={nameError}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button type="submit" loading={create.isPending} disabled={name.trim() === ""}>
        Make the group
      </Button>
    </Form>
  );
}
