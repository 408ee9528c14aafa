import { Button } from "@mantine/core";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAcceptInvitation } from "../api/session";
import { Door, Form } from "../components/door";
import { NewPassword } from "../components/new-password";
import { ProblemNotice } from "../components/problem-notice";
import { readToken } from "../lib/one-time-token";
import { fieldError, toProblem } from "../lib/problem";

export const Route = createFileRoute("/welcome")({ component: Welcome });

function Welcome() {
  const [token] = useState(() => readToken(window.location.hash));
  const [password, setPassword] = useState("");
  const accept = useAcceptInvitation();
  const navigate = useNavigate();
  if (!token) {
    return (
      <Door
        title="This link is not complete"
        line="Open the whole link that you were sent. If it does not work, ask an owner of the workspace for a new one."
      />
    );
  }
  const passwordError = fieldError(accept.error, "password.length");
  return (
    <Door title="Welcome to Towpath" line="Choose a password. You sign in with it from now on.">
      <Form
        onSubmit={() => accept.mutate({ token, password }, { onSuccess: () => navigate({ to: "/", replace: true }) })}
      >
        {accept.isError && !passwordError && <ProblemNotice problem={toProblem(accept.error)} />}
        <NewPassword value={password} onChange={setPassword} error={passwordError} />
        <Button type="submit" loading={accept.isPending}>
          Save the password and sign in
        </Button>
      </Form>
    </Door>
  );
}
