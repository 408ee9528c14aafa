import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useCreateApiKey } from "../../../api/api-keys";
import { useMember } from "../../../api/session";
import type { RoleBody } from "../../../api/types";
import { Form } from "../../../components/door";
import { ProblemNotice } from "../../../components/problem-notice";
import { toProblem } from "../../../lib/problem";
import { isAtLeast, type Role, roleChoices, roleMeanings } from "../../../lib/roles";

const lives = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "never", label: "Never" },
];

const DAY_MS = 86_400_000;

export function KeyForm({ onMade }: { onMade: (token: string) => void }) {
  const create = useCreateApiKey();
  const member = useMember();
  const [name, setName] = useState("");
  const [role, setRole] = useState<RoleBody>("viewer");
  const [days, setDays] = useState("90");
  const expires_at = days === "never" ? undefined : () => new Date(Date.now() + Number(days) * DAY_MS).toISOString();
  return (
    <Form
      onSubmit={() =>
        create.mutate(
          { name: name.trim(), role, expires_at: expires_at?.() },
          { onSuccess: ({ token }) => onMade(token) },
        )
      }
    >
      {create.isError && <ProblemNotice problem={toProblem(create.error)} />}
      <TextInput
        label="Name"
        description="Which program it is for."
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Role"
        description={`${roleMeanings[role]} Never more than you may yourself.`}
        allowDeselect={false}
        data={roleChoices.filter(({ value }) => isAtLeast(member.role, value as Role))}
        value={role}
        onChange={(chosen) => setRole((chosen ?? "viewer") as RoleBody)}
      />
      <Select
        label="Ends after"
        allowDeselect={false}
        data={lives}
        value={days}
        onChange={(chosen) => setDays(chosen ?? "90")}
      />
      <Button type="submit" loading={create.isPending}>
        Create the key
      </Button>
    </Form>
  );
}
