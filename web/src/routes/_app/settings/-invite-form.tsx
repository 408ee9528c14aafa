import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useInviteMember } from "../../../api/members";
import type { MemberBody, RoleBody } from "../../../api/types";
import { Form } from "../../../components/door";
import { ProblemNotice } from "../../../components/problem-notice";
import { fieldError, toProblem } from "../../../lib/problem";
import { roleChoices, roleMeanings } from "../../../lib/roles";

interface Invitation {
  member: MemberBody;
  link: string;
  expires_at: string;
}

export function InviteForm({ onInvited }: { onInvited: (invitation: Invitation) => void }) {
  const invite = useInviteMember();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<RoleBody>("viewer");
  const emailError = fieldError(invite.error, "email.invalid", "member.exists");
  return (
    <Form onSubmit={() => invite.mutate({ name: name.trim(), email: email.trim(), role }, { onSuccess: onInvited })}>
      {invite.isError && !emailError && <ProblemNotice problem={toProblem(invite.error)} />}
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Email"
        type="email"
        required
        withAsterisk={false}
        value={email}
        error={emailError}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Select
        label="Role"
        description={roleMeanings[role]}
        allowDeselect={false}
        data={roleChoices}
        value={role}
        onChange={(chosen) => setRole((chosen ?? "viewer") as RoleBody)}
      />
      <Button type="submit" loading={invite.isPending}>
        Make an invitation link
      </Button>
    </Form>
  );
}
