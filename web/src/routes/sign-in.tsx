import { Button, PasswordInput, Skeleton, TextInput } from "@mantine/core";
import { createFileRoute, redirect, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { sessionQuery, useSignIn, useSignInByLink } from "../api/session";
import { Door, Form } from "../components/door";
import { ProblemNotice } from "../components/problem-notice";
import { readToken } from "../lib/one-time-token";
import { toProblem } from "../lib/problem";

export const Route = createFileRoute("/sign-in")({
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({ next: pathOnly(search.next) }),
  beforeLoad: async ({ context, location, search }) => {
    if (location.hash) return;
    const session = await context.queryClient.fetchQuery(sessionQuery);
    if (session.state === "signed_in") throw redirect({ href: search.next ?? "/" });
    if (session.state === "needs_setup") throw redirect({ to: "/setup" });
  },
  // Nobody looks at an empty page, however slow the server is.
  pendingMs: 0,
  pendingComponent: LoadingSignIn,
  component: SignIn,
});

function LoadingSignIn() {
  return (
    <Door title="Sign in" line="One moment.">
      <Skeleton height={160} />
    </Door>
  );
}

/** Only a path of this application is followed after signing in. */
function pathOnly(next: unknown): string | undefined {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : undefined;
}

function SignIn() {
  const { next } = Route.useSearch();
  const navigate = useNavigate();
  // Read once: the fragment leaves the address bar with this page. Before the answer it must stay, since the
  // router takes another address for another page and forgets what it waits for.
  const [token, setToken] = useState(() => readToken(window.location.hash));
  const enter = () => navigate({ href: next ?? "/", replace: true });
  return token ? (
    <ByLink token={token} onDone={enter} onGiveUp={() => setToken(undefined)} />
  ) : (
    <ByPassword onDone={enter} />
  );
}

interface DoneProps {
  onDone: () => void;
}

/** A person presses the button, so that a mail scanner that opens the link does not use it up. */
function ByLink({ token, onDone, onGiveUp }: DoneProps & { token: string; onGiveUp: () => void }) {
  const signIn = useSignInByLink();
  return (
    <Door title="Sign in" line="This link signs you in once.">
      <Form onSubmit={() => signIn.mutate(token, { onSuccess: onDone })}>
        {signIn.isError && <ProblemNotice problem={toProblem(signIn.error)} />}
        {signIn.isError ? (
          <Button variant="default" onClick={onGiveUp}>
            Sign in with a password
          </Button>
        ) : (
          <Button type="submit" loading={signIn.isPending} autoFocus>
            Sign in with this link
          </Button>
        )}
      </Form>
    </Door>
  );
}

function ByPassword({ onDone }: DoneProps) {
  const signIn = useSignIn();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  return (
    <Door title="Sign in" line="With the address and password of your account.">
      <Form onSubmit={() => signIn.mutate({ email: email.trim(), password }, { onSuccess: onDone })}>
        {signIn.isError && <ProblemNotice problem={toProblem(signIn.error)} />}
        <TextInput
          label="Email"
          type="email"
          name="email"
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={signIn.isPending}>
          Sign in
        </Button>
        <p className="quiet small" style={{ margin: 0 }}>
          No password at hand? An owner of the workspace can make you a sign-in link.
        </p>
      </Form>
    </Door>
  );
}
