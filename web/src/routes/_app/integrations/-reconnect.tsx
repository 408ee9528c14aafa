import { Button, Skeleton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useAppFiles, useConnectOptions } from "../../../api/connect";
import { useConnectionOf, useRefreshConnection } from "../../../api/connections";
import { useKeepIntegration } from "../../../api/integrations";
import type { ConnectOptionsBody, IntegrationBody, SignInKind } from "../../../api/types";
import { ActionButton } from "../../../components/action-button";
import { Card } from "../../../components/card";
import { Form } from "../../../components/door";
import { choiceAt, type EnvironmentChoice, EnvironmentForm } from "../../../components/environment-form";
import { Notice, ProblemNotice } from "../../../components/problem-notice";
import { placeOfLogin } from "../../../lib/login-place";
import { fieldError, toProblem } from "../../../lib/problem";
import { tellDone } from "../../../lib/tell";
import { ConnectRefusal } from "./-connect-refusal";
import { type ConnectWalk, ConnectWalkCard, toBody, useConnectWalk } from "./-connect-walk";

interface ReconnectCardProps {
  integration: IntegrationBody;
  /** The walk that is under way. */
  flow?: string;
  reason?: string;
}

/** Signing in again: only the credentials change. */
export function ReconnectCard({ integration, flow, reason }: ReconnectCardProps) {
  const { id } = integration;
  const navigate = useNavigate();
  const keep = useKeepIntegration();
  const [isOpen, setOpen] = useState(integration.status === "needs_reconnect");
  const goTo = useCallback(
    (next: string | undefined) =>
      navigate({ to: "/integrations/$id/settings", params: { id }, search: { flow: next }, replace: true }),
    [navigate, id],
  );
  const walk = useConnectWalk(goTo);
  const refresh = useRefreshConnection(id);
  const onFinished = useCallback(() => {
    tellDone("Connected again.");
    refresh();
    setOpen(false);
    goTo(undefined);
  }, [goTo, refresh]);

  if (flow) {
    return (
      <ConnectWalkCard
        flowId={flow}
        walk={walk}
        onConfirmed={(confirmed) => {
          keep(confirmed);
          onFinished();
        }}
        onFinished={onFinished}
        onStartAgain={() => goTo(undefined)}
      />
    );
  }
  return (
    <Card title="Connection">
      <p style={{ marginTop: 0 }}>
        Reconnect when Salesforce no longer accepts the connection, or to read as another user of {integration.org.name}
        . Rules, mappings and history stay; only the credentials change.
      </p>
      {!isOpen || reason ? (
        <ActionButton variant="default" reason={reason} onClick={() => setOpen(true)}>
          Reconnect
        </ActionButton>
      ) : (
        <ReconnectForm integration={integration} walk={walk} />
      )}
    </Card>
  );
}

function ReconnectForm({ integration, walk }: { integration: IntegrationBody; walk: ConnectWalk }) {
  const options = useConnectOptions();
  const connection = useConnectionOf(integration.id, true);
  if (options.isPending || connection.isPending) return <Skeleton height={160} />;
  if (options.isError) return <ProblemNotice problem={toProblem(options.error)} onRetry={() => options.refetch()} />;
  const signIn = connection.data?.sign_in ?? "consent";
  return (
    <ReconnectFields
      integration={integration}
      walk={walk}
      options={options.data}
      signIn={signIn === "access_token" ? "consent" : signIn}
      loginHost={connection.data?.login_host}
    />
  );
}

interface ReconnectFieldsProps {
  integration: IntegrationBody;
  walk: ConnectWalk;
  options: ConnectOptionsBody;
  /** How it signed in before. */
  signIn: SignInKind;
  /** Where it signed in before. */
  loginHost?: string;
}

function ReconnectFields({ integration, walk, options, signIn, loginHost }: ReconnectFieldsProps) {
  const [wantsFiles, setWantsFiles] = useState(false);
  const [isAnotherUser, setAnotherUser] = useState(false);
  const [choice, setChoice] = useState<EnvironmentChoice>(() => {
    const { environment, host } = placeOfLogin(loginHost ?? integration.org.instance_url, options.environments);
    return choiceAt(environment, host, signIn);
  });
  const files = useAppFiles(choice.signIn, wantsFiles);
  const hostError = fieldError(walk.error, "host.invalid");
  return (
    <Form
      onSubmit={() => walk.start({ integration_id: integration.id, another_user: isAnotherUser, ...toBody(choice) })}
    >
      {walk.error && !hostError && (
        <ConnectRefusal error={walk.error} isAnotherUser={isAnotherUser} onAnotherUser={setAnotherUser} />
      )}
      <EnvironmentForm
        options={options}
        choice={choice}
        onChange={setChoice}
        hostError={hostError}
        suggestion={walk.error?.suggestion}
        isAgain={choice.signIn === signIn}
        appFiles={files.data}
        onWantAppFiles={() => setWantsFiles(true)}
      />
      <Notice>
        Sign in to the same org, {integration.org.name} (<code>{integration.org.organization_id}</code>). Another org is
        refused; another user of it is compared with this one before anything changes.
      </Notice>
      <div>
        <Button type="submit" loading={walk.isStarting}>
          {choice.signIn === "consent" ? "Log in to Salesforce" : "Connect again"}
        </Button>
      </div>
    </Form>
  );
}
