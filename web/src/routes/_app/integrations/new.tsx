import { Button, Skeleton, TextInput } from "@mantine/core";
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useAppFiles, useConnectOptions } from "../../../api/connect";
import { useGroups } from "../../../api/groups";
import { useMember } from "../../../api/session";
import type { ConnectFlowBody, ConnectOptionsBody } from "../../../api/types";
import { Card, Sections } from "../../../components/card";
import { Form } from "../../../components/door";
import { choiceAt, type EnvironmentChoice, EnvironmentForm, ScopeList } from "../../../components/environment-form";
import { Link } from "../../../components/link";
import { PageHeader } from "../../../components/page-header";
import { ProblemNotice } from "../../../components/problem-notice";
import { StepFoot, Steps } from "../../../components/steps";
import { fieldError, toProblem } from "../../../lib/problem";
import { reasonAgainst } from "../../../lib/roles";
import { tellDone } from "../../../lib/tell";
import { ConnectRefusal } from "./-connect-refusal";
import { type ConnectWalk, ConnectWalkCard, toBody, useConnectWalk } from "./-connect-walk";

export const Route = createFileRoute("/_app/integrations/new")({
  validateSearch: (search: Record<string, unknown>): { flow?: string; group?: string } => ({
    flow: typeof search.flow === "string" ? search.flow : undefined,
    group: typeof search.group === "string" ? search.group : undefined,
  }),
  component: NewIntegration,
});

function NewIntegration() {
  const { flow, group } = Route.useSearch();
  const navigate = useNavigate();
  const member = useMember();
  const options = useConnectOptions();
  const walk = useConnectWalk((id) =>
    navigate({ to: "/integrations/new", search: { flow: id, group }, replace: true }),
  );
  const setUp = useCallback(
    (id: string) => navigate({ to: "/integrations/$id/set-up/objects", params: { id }, replace: true }),
    [navigate],
  );
  const onFinished = useCallback(
    (ended: ConnectFlowBody) => ended.integration_id && setUp(ended.integration_id),
    [setUp],
  );
  const [entered, setEntered] = useState<Entered>();
  const refused = reasonAgainst(member.role, "admin");
  return (
    <>
      <PageHeader
        title="Connect Salesforce"
        line="Nothing is copied before you have chosen what."
        crumbs={<Link to="/integrations">Integrations</Link>}
      />
      <Steps now="connect" done={new Set()}>
        {refused && <ProblemNotice problem={{ title: "You cannot connect an org", detail: refused }} tone="warning" />}
        {!refused && flow && (
          <ConnectWalkCard
            flowId={flow}
            walk={walk}
            group={group}
            onConfirmed={({ id, name }) => {
              tellDone(`${name} is connected. Choose what is copied.`);
              setUp(id);
            }}
            onFinished={onFinished}
            onStartAgain={() => navigate({ to: "/integrations/new", search: { group }, replace: true })}
          />
        )}
        {!refused && !flow && options.isPending && <Skeleton height={320} />}
        {!refused && !flow && options.isError && (
          <ProblemNotice problem={toProblem(options.error)} onRetry={() => options.refetch()} />
        )}
        {!refused && !flow && options.data && (
          <ConnectForm options={options.data} walk={walk} group={group} entered={entered} onEnter={setEntered} />
        )}
      </Steps>
    </>
  );
}

/** What a person entered, so that who starts again need not enter it twice. */
interface Entered {
  name: string;
  choice: EnvironmentChoice;
}

interface ConnectFormProps {
  options: ConnectOptionsBody;
  walk: ConnectWalk;
  group?: string;
  entered: Entered | undefined;
  onEnter: (entered: Entered) => void;
}

function ConnectForm({ options, walk, group, entered, onEnter }: ConnectFormProps) {
  const groups = useGroups();
  const owner = groups.data?.find(({ id }) => id === group);
  const [name, setName] = useState(entered?.name ?? "");
  const [wantsFiles, setWantsFiles] = useState(false);
  const [isAnotherUser, setAnotherUser] = useState(false);
  const [choice, setChoice] = useState<EnvironmentChoice>(() => {
    if (entered) return entered.choice;
    const offered = options.environments.find(({ kind }) => kind === "simulated") ?? options.environments[0];
    return choiceAt(offered?.kind ?? "production", "", "consent");
  });
  const files = useAppFiles(choice.signIn, wantsFiles);
  const isConsent = choice.signIn === "consent";
  const hostError = fieldError(walk.error, "host.invalid");
  const nameError = fieldError(walk.error, "name.invalid", "name.taken", "integration.name");
  return (
    <Form
      onSubmit={() => {
        onEnter({ name, choice });
        walk.start({ name: name.trim(), group_id: group, another_user: isAnotherUser, ...toBody(choice) });
      }}
    >
      <Sections>
        {walk.error && !hostError && !nameError && (
          <ConnectRefusal error={walk.error} isAnotherUser={isAnotherUser} onAnotherUser={setAnotherUser} />
        )}
        <Card>
          <div style={{ display: "flex", flexDirection: "column", gap: 16, maxWidth: 640 }}>
            {owner && (
              <p style={{ margin: 0 }}>
                For the group <strong dir="auto">{owner.name}</strong>.
              </p>
            )}
            <TextInput
              label="Name"
              description="Shown wherever this data is. The name of the org is a good one."
              required
              withAsterisk={false}
              autoFocus
              maxLength={80}
              value={name}
              error={nameError}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <EnvironmentForm
              options={options}
              choice={choice}
              onChange={setChoice}
              hostError={hostError}
              suggestion={walk.error?.suggestion}
              appFiles={files.data}
              onWantAppFiles={() => setWantsFiles(true)}
            />
          </div>
        </Card>
        <Card title={isConsent ? "What Salesforce will ask you to allow" : "What the app has to be allowed"}>
          <ScopeList scopes={options.scopes} />
          {isConsent ? (
            <p style={{ margin: "16px 0 0" }}>
              Sign in as a user who can see everything that is to be copied: Towpath sees what that user sees. A
              dedicated integration user is best. At Salesforce it takes an admin, or the right to approve apps, unless
              an admin has approved this app before. Your password goes to Salesforce alone. Salesforce keeps five
              approvals of one user for one app, those of other servers included: make sure that one is free.
            </p>
          ) : (
            <p style={{ margin: "16px 0 0" }}>
              Towpath sees what the app's user sees, so let it see everything that is to be copied. This takes none of
              the five approvals that Salesforce keeps for a user.
            </p>
          )}
        </Card>
      </Sections>
      <StepFoot back={<Link to="/integrations">Back to integrations</Link>}>
        <Button type="submit" loading={walk.isStarting}>
          {isConsent ? "Log in to Salesforce" : "Connect"}
        </Button>
      </StepFoot>
    </Form>
  );
}
