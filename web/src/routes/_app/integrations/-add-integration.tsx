import { Button, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAddIntegration } from "../../../api/connections";
import { ProblemNotice } from "../../../components/problem-notice";
import { toProblem } from "../../../lib/problem";

interface AddIntegrationFormProps {
  connection: string;
  /** A name that somebody has entered already. */
  name?: string;
  /** The group that it is for; one's own where none is named. */
  group?: string;
}

/** One more integration on a connection that there is: other rules and mappings, the same access. */
export function AddIntegrationForm({ connection, name: proposed = "", group }: AddIntegrationFormProps) {
  const add = useAddIntegration();
  const navigate = useNavigate();
  const [name, setName] = useState(proposed);
  return (
    <form
      style={{ display: "flex", flexDirection: "column", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(
          { connection, name: name.trim(), group_id: group },
          { onSuccess: ({ id }) => navigate({ to: "/integrations/$id/set-up/objects", params: { id } }) },
        );
      }}
    >
      {add.isError && <ProblemNotice problem={toProblem(add.error)} />}
      <div style={{ display: "flex", flexWrap: "wrap", alignItems: "flex-end", gap: 8 }}>
        <TextInput
          style={{ flex: "0 1 320px" }}
          label="Name of the new integration"
          description="It uses the same access, with rules and mappings of its own."
          required
          withAsterisk={false}
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={add.isPending} disabled={name.trim() === ""}>
          Add to this connection
        </Button>
      </div>
    </form>
  );
}
