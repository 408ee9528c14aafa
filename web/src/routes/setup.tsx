import { Button, TextInput } from "@mantine/core";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useSetUp } from "../api/session";
import { Door, Form } from "../components/door";
import { NewPassword } from "../components/new-password";
import { ProblemNotice } from "../components/problem-notice";
import { readToken } from "../lib/one-time-token";
import { fieldError, toProblem } from "../lib/problem";

export const Route = createFileRoute("/setup")({ component: Setup });

function Setup() {
  const [token] = useState(() => readToken(window.location.hash));
  if (!token) {
    return (
      <Door
        title="Set up Towpath"
        line="This server has no owner yet. Open the setup link that it printed where it was started; it holds what proves that you run it."
      />
    );
  }
  return <SetupForm token={token} />;
}

function SetupForm({ token }: { token: string }) {
  const setUp = useSetUp();
  const navigate = useNavigate();
  const [values, setValues] = useState({ workspace_name: "", name: "", email: "", password: "" });
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const set = (part: Partial<typeof values>) => setValues((old) => ({ ...old, ...part }));
  const emailError = fieldError(setUp.error, "email.invalid");
  const passwordError = fieldError(setUp.error, "password.length");
  return (
    <Door title="Set up Towpath" line="You become the owner of this server and its workspace.">
      <Form
        onSubmit={() =>
          setUp.mutate({ token, time_zone, ...values }, { onSuccess: () => navigate({ to: "/", replace: true }) })
        }
      >
        {setUp.isError && !emailError && !passwordError && <ProblemNotice problem={toProblem(setUp.error)} />}
        <TextInput
          label="Workspace"
          description="What your team is called here."
          required
          withAsterisk={false}
          autoFocus
          value={values.workspace_name}
          onChange={(event) => set({ workspace_name: event.currentTarget.value })}
        />
        <TextInput
          label="Your name"
          autoComplete="name"
          required
          withAsterisk={false}
          value={values.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          required
          withAsterisk={false}
          value={values.email}
          error={emailError}
          onChange={(event) => set({ email: event.currentTarget.value })}
        />
        <NewPassword value={values.password} onChange={(password) => set({ password })} error={passwordError} />
        <p className="quiet small" style={{ margin: 0 }}>
          The workspace's days begin in the time zone {time_zone}.
        </p>
        <Button type="submit" loading={setUp.isPending}>
          Create the workspace
        </Button>
      </Form>
    </Door>
  );
}
