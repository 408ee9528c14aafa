import { Anchor, Button, CopyButton } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiProblem } from "../../../api/client";
import {
  useCancelConnect,
  useConfirmConnect,
  useConnectFlow,
  useStartConnect,
  useUserChange,
} from "../../../api/connect";
import type { ConnectFlowBody, IntegrationBody, NewConnectFlow, StartedConnectFlow } from "../../../api/types";
import { Card } from "../../../components/card";
import type { EnvironmentChoice } from "../../../components/environment-form";
import classes from "../../../components/facts.module.css";
import { FoundOrg } from "../../../components/found-org";
import { LinkButton } from "../../../components/link";
import { OtherUser } from "../../../components/other-user";
import { ProblemNotice } from "../../../components/problem-notice";
import { RemedyLine } from "../../../components/remedy-line";
import { StateIcon } from "../../../components/state-label";
import { connectProblem } from "../../../lib/connect-problem";
import {
  consentHere,
  consentPageOf,
  forgetConsentPage,
  keepConsentPage,
  openConsentWindow,
} from "../../../lib/consent-window";
import { forAdmin } from "../../../lib/for-admin";
import { toProblem } from "../../../lib/problem";
import { AddIntegrationForm } from "./-add-integration";

export interface ConnectWalk<Body = NewConnectFlow> {
  start: (flow: Body) => void;
  isStarting: boolean;
  error: ApiProblem | undefined;
  /** The window at Salesforce; missing where this page was loaded anew since. */
  popup: Window | null;
  isBlocked: boolean;
  open: (authorizeUrl: string) => void;
}

/** Starts a walk for an integration. An app that signs in by itself needs no page. */
export function useConnectWalk(onStarted: (flow: string) => void): ConnectWalk {
  return useWalk(useStartConnect(), ({ sign_in = "consent" }) => sign_in === "consent", onStarted);
}

/** Starts a walk through Salesforce's consent page, in a pop-up where that is allowed. */
export function useWalk<Body>(
  start: UseMutationResult<StartedConnectFlow, Error, Body>,
  needsPage: (body: Body) => boolean,
  onStarted: (flow: string) => void,
): ConnectWalk<Body> {
  const [popup, setPopup] = useState<Window | null>(null);
  const [isBlocked, setBlocked] = useState(false);

  function begin(body: Body) {
    const opened = needsPage(body) ? openConsentWindow() : null;
    start.mutate(body, {
      onSuccess: ({ flow, authorize_url }) => {
        if (authorize_url) {
          keepConsentPage(flow.id, authorize_url);
          if (opened) opened.location.href = authorize_url;
          setBlocked(!opened);
        }
        setPopup(opened);
        onStarted(flow.id);
      },
      onError: () => opened?.close(),
    });
  }

  function open(authorizeUrl: string) {
    const opened = openConsentWindow();
    if (!opened) return consentHere(authorizeUrl);
    opened.location.href = authorizeUrl;
    setPopup(opened);
  }

  const error = start.error instanceof ApiProblem ? start.error : undefined;
  return { start: begin, isStarting: start.isPending, error, popup, isBlocked, open };
}

interface ConnectWalkCardProps {
  flowId: string;
  /** The group that a new integration is for. */
  group?: string;
  walk: Pick<ConnectWalk, "popup" | "isBlocked" | "open">;
  onConfirmed: (integration: IntegrationBody) => void;
  /** A reconnect that is through. */
  onFinished: (flow: ConnectFlowBody) => void;
  onStartAgain: () => void;
}

/** The walk as the server sees it, from waiting to the question whether this is the right org. */
export function ConnectWalkCard({ flowId, group, walk, onConfirmed, onFinished, onStartAgain }: ConnectWalkCardProps) {
  const flow = useConnectFlow(flowId);
  const isOtherUser = flow.data?.status === "authorized" && flow.data.kind === "reconnect";
  const change = useUserChange(flowId, isOtherUser);
  const confirm = useConfirmConnect();
  const cancel = useCancelConnect();
  const giveUp = () => {
    walk.popup?.close();
    cancel.mutate(flowId, { onSettled: onStartAgain });
  };
  const finished = flow.data?.status === "finished" ? flow.data : undefined;
  const isOver = flow.data !== undefined && flow.data.status !== "waiting";
  const { popup } = walk;
  useEffect(() => {
    if (!isOver) return;
    popup?.close();
    forgetConsentPage(flowId);
  }, [isOver, popup, flowId]);
  useEffect(() => {
    if (finished) onFinished(finished);
  }, [finished, onFinished]);

  if (flow.isError && !flow.data) {
    return (
      <ProblemNotice
        problem={toProblem(flow.error)}
        action={
          <Button size="xs" onClick={onStartAgain}>
            Start again
          </Button>
        }
      />
    );
  }
  switch (flow.data?.status) {
    case "authorized":
      if (flow.data.kind === "reconnect") {
        return (
          <OtherUser
            change={change.data}
            changeError={change.error ?? undefined}
            onAskAgain={() => change.refetch()}
            error={confirm.error ?? undefined}
            isConfirming={confirm.isPending}
            isCancelling={cancel.isPending}
            onConfirm={() => confirm.mutate(flowId, { onSuccess: onConfirmed })}
            onCancel={giveUp}
          />
        );
      }
      return (
        <FoundOrg
          flow={flow.data}
          error={confirm.error ?? undefined}
          isConfirming={confirm.isPending}
          isCancelling={cancel.isPending}
          onConfirm={() => confirm.mutate(flowId, { onSuccess: onConfirmed })}
          onCancel={giveUp}
        />
      );
    case "failed":
    case "cancelled":
    case "expired":
      return (
        <WalkEnded flow={flow.data} group={group ?? flow.data.group_id ?? undefined} onStartAgain={onStartAgain} />
      );
    case "finished":
      return null;
    default:
      return (
        <Waiting
          walk={walk}
          authorizeUrl={consentPageOf(flowId)}
          host={flow.data?.environment_host}
          onCancel={giveUp}
        />
      );
  }
}

interface WalkEndedProps {
  flow: ConnectFlowBody;
  group?: string;
  onStartAgain: () => void;
}

function WalkEnded({ flow, group, onStartAgain }: WalkEndedProps) {
  const problem = connectProblem(flow.problem?.code ?? `connect.${flow.status}`, flow.problem?.text);
  return (
    <>
      <ProblemNotice
        problem={problem}
        action={
          <>
            {flow.existing_integration && (
              <LinkButton size="xs" to="/integrations/$id" params={{ id: flow.existing_integration.id }}>
                Open {flow.existing_integration.name}
              </LinkButton>
            )}
            <Button size="xs" variant={flow.existing_integration ? "default" : "filled"} onClick={onStartAgain}>
              Start again
            </Button>
            {flow.problem?.remedy && (
              <CopyButton value={forAdmin(flow.problem, flow.org?.instance_url)} timeout={2_000}>
                {({ copied, copy }) => (
                  <Button size="xs" variant="default" onClick={copy}>
                    {copied ? "Copied" : "Copy for your Salesforce admin"}
                  </Button>
                )}
              </CopyButton>
            )}
          </>
        }
      >
        <RemedyLine remedy={flow.problem?.remedy ?? null} instanceUrl={flow.org?.instance_url} />
      </ProblemNotice>
      {flow.existing_connection_id && (
        <div style={{ marginTop: 16 }}>
          <Card title="Or add an integration to that connection">
            <AddIntegrationForm connection={flow.existing_connection_id} name={flow.name} group={group} />
          </Card>
        </div>
      )}
    </>
  );
}

const POPUP_LOOK_MS = 500;

interface WaitingProps {
  walk: ConnectWalkCardProps["walk"];
  /** The consent page; missing where another tab opened it. */
  authorizeUrl: string | undefined;
  host?: string;
  onCancel: () => void;
}

function Waiting({ walk, authorizeUrl, host, onCancel }: WaitingProps) {
  const closed = useIsClosed(walk.popup);
  const { isBlocked: blocked } = walk;
  return (
    <Card>
      <div role="status" style={{ display: "flex", gap: 12 }}>
        <StateIcon tone={closed || blocked ? "warning" : "running"} size={20} />
        <div>
          <p style={{ margin: 0, fontWeight: 600 }}>
            {blocked
              ? "Your browser blocked the window"
              : closed
                ? "The Salesforce window was closed"
                : "Waiting for Salesforce"}
          </p>
          <p style={{ margin: "4px 0 0" }}>{waitingWords(closed, walk, authorizeUrl !== undefined, host)}</p>
        </div>
      </div>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, marginTop: 16 }}>
        {authorizeUrl && (
          <Button
            size="xs"
            variant={closed || blocked ? "filled" : "default"}
            onClick={() => (blocked ? consentHere(authorizeUrl) : walk.open(authorizeUrl))}
          >
            {blocked ? "Go to Salesforce in this tab" : "Open the window again"}
          </Button>
        )}
        {authorizeUrl && !blocked && (
          <Button size="xs" variant="subtle" onClick={() => consentHere(authorizeUrl)}>
            Sign in in this tab instead
          </Button>
        )}
        <Button size="xs" variant="subtle" color="gray" onClick={onCancel}>
          Cancel
        </Button>
      </div>
      <StuckAtSalesforce />
    </Card>
  );
}

/** What Salesforce shows to the person only, and never tells us. */
function StuckAtSalesforce() {
  return (
    <details style={{ marginTop: 16 }}>
      <summary style={{ cursor: "pointer" }}>Salesforce shows an error and does not send you back?</summary>
      <dl className={classes.facts} style={{ marginTop: 8 }}>
        <dt>client identifier invalid</dt>
        <dd>The consumer key is wrong or another org's, or the app is younger than ten minutes.</dd>
        <dt>redirect_uri must match</dt>
        <dd>The app lacks this server's callback address. The guide of the app shows it.</dd>
        <dt>app is not installed</dt>
        <dd>The app lives in another org, or the environment is not the right one.</dd>
        <dt>OAUTH_APPROVAL_ERROR_GENERIC</dt>
        <dd>
          Mostly the app is not installed in the org, or the user may not approve apps that are not. A Salesforce admin
          installs it under Setup &gt; Connected Apps OAuth Usage.
        </dd>
        <dt>IP or login hours</dt>
        <dd>The user's profile allows no sign-in from your address or at this hour.</dd>
      </dl>
      <p style={{ margin: "8px 0 0" }}>
        <Anchor href="/docs/troubleshooting" target="_blank" inherit>
          All that Salesforce may say
        </Anchor>
        , with what mends it.
      </p>
    </details>
  );
}

function waitingWords(
  closed: boolean,
  { isBlocked, popup }: WaitingProps["walk"],
  canOpen: boolean,
  host: string | undefined,
): string {
  if (isBlocked) return "Sign in at Salesforce in this tab; you come back here afterwards.";
  if (!popup && canOpen) return "Go on in the window at Salesforce. If it is not there any more, open it again.";
  if (!popup) return "Go on where Salesforce was opened. This page goes on by itself.";
  if (closed) return "If you allowed the access, this page goes on in a moment. If not, open the window again.";
  return `Sign in and allow the access in the window${host ? ` at ${host}` : ""}. This page goes on by itself.`;
}

function useIsClosed(popup: Window | null): boolean {
  const [closed, setClosed] = useState(false);
  useEffect(() => {
    setClosed(false);
    if (!popup) return;
    const timer = setInterval(() => setClosed(popup.closed), POPUP_LOOK_MS);
    return () => clearInterval(timer);
  }, [popup]);
  return closed;
}

/** A choice as the server takes it: only what this environment needs. */
export function toBody(choice: EnvironmentChoice) {
  const { environment, signIn } = choice;
  // What is left out is what this server knows.
  const given = (text: string, isAsked = true) => (isAsked && text.trim() !== "" ? text.trim() : undefined);
  return {
    environment,
    sign_in: signIn,
    host: environment === "custom" ? choice.host.trim() : undefined,
    client_id: given(choice.clientId),
    client_secret: given(choice.clientSecret, signIn !== "jwt_bearer"),
    username: given(choice.username, signIn === "jwt_bearer"),
    private_key: given(choice.privateKey, signIn === "jwt_bearer"),
  };
}
