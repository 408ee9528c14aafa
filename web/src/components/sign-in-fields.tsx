import { Button, FileButton, PasswordInput, Radio, Textarea, TextInput } from "@mantine/core";
import type { AppFileBody, ConnectOptionsBody, SignInKind } from "../api/types";
import { AppGuide, InstallLinks } from "./app-guide";
import type { EnvironmentChoice } from "./environment-form";
import classes from "./environment-form.module.css";
import { Notice } from "./problem-notice";

interface SignInFieldsProps {
  options: ConnectOptionsBody;
  choice: EnvironmentChoice;
  onChange: (choice: EnvironmentChoice) => void;
  /** Whether this server has an app for the environment. */
  isAppKnown: boolean;
  /** Whether what is left out is known from before. */
  isAgain: boolean;
  /** The files that make an app; asked for when somebody wants them. */
  appFiles: AppFileBody[] | undefined;
  onWantAppFiles: () => void;
}

const ways: { kind: Exclude<SignInKind, "access_token">; label: string; what: string }[] = [
  { kind: "consent", label: "A person signs in", what: "On Salesforce's own page, once. The simplest" },
  {
    kind: "jwt_bearer",
    label: "The app, with a certificate",
    what: "As a user whom an admin has pre-authorized, also one for the API only. Nobody signs in",
  },
  {
    kind: "client_credentials",
    label: "The app, as itself",
    what: "As the app's Run As user, with its secret. At the org's My Domain only",
  },
];

/** Asks how Towpath signs in, and for what that takes. */
export function SignInFields(props: SignInFieldsProps) {
  const { options, choice, onChange, isAppKnown } = props;
  const isConsent = choice.signIn === "consent";
  return (
    <>
      <Radio.Group
        label="How Towpath signs in"
        value={choice.signIn}
        onChange={(signIn) => onChange({ ...choice, signIn: signIn as SignInKind })}
      >
        <div className={classes.ways}>
          {ways.map(({ kind, label, what }) => (
            <Radio
              key={kind}
              className={classes.choice}
              data-checked={kind === choice.signIn || undefined}
              value={kind}
              label={label}
              description={what}
            />
          ))}
        </div>
      </Radio.Group>
      {isConsent && isAppKnown && options.install_links && (
        <Notice>
          <InstallLinks links={options.install_links} />
        </Notice>
      )}
      {isConsent && isAppKnown ? (
        <details open={choice.clientId !== "" || undefined}>
          <summary style={{ cursor: "pointer" }}>Use an app of your own</summary>
          <div className={classes.ownApp}>
            <AppFields {...props} />
          </div>
        </details>
      ) : (
        <AppFields {...props} />
      )}
    </>
  );
}

function AppFields(props: SignInFieldsProps) {
  const { choice, onChange, isAppKnown, isAgain } = props;
  const { signIn } = choice;
  const isOptional = isAppKnown || isAgain;
  const needsMyDomain =
    signIn === "client_credentials" && (choice.environment === "production" || choice.environment === "sandbox");
  return (
    <>
      {needsMyDomain && (
        <Notice>
          An app signs in as itself at its org's own host only. Choose <strong>Custom domain</strong> and enter the My
          Domain host.
        </Notice>
      )}
      <Guide {...props} />
      <TextInput
        label="Consumer key"
        description={isOptional ? "Leave it empty to use the app that this server knows." : undefined}
        required={!isOptional}
        withAsterisk={false}
        autoComplete="off"
        spellCheck={false}
        value={choice.clientId}
        onChange={(event) => onChange({ ...choice, clientId: event.currentTarget.value })}
      />
      {signIn !== "jwt_bearer" && (
        <PasswordInput
          label="Consumer secret"
          description="Kept sealed and never shown again."
          required={!isOptional}
          withAsterisk={false}
          autoComplete="off"
          value={choice.clientSecret}
          onChange={(event) => onChange({ ...choice, clientSecret: event.currentTarget.value })}
        />
      )}
      {signIn === "jwt_bearer" && <KeyFields choice={choice} onChange={onChange} isOptional={isAgain} />}
    </>
  );
}

/** What a Salesforce admin does, once. It stands open where there is no app yet. */
function Guide({ options, choice, isAppKnown, isAgain, appFiles, onWantAppFiles }: SignInFieldsProps) {
  const guide = <AppGuide options={options} signIn={choice.signIn} files={appFiles} onWantFiles={onWantAppFiles} />;
  return (
    <Notice>
      {isAppKnown || isAgain ? (
        <details>
          <summary style={{ cursor: "pointer" }}>What a Salesforce admin sets up for this, once</summary>
          <div style={{ marginTop: 8 }}>{guide}</div>
        </details>
      ) : (
        <>
          <p style={{ margin: "0 0 8px" }}>
            <strong>This server has no app for that org yet.</strong> A Salesforce admin makes one there, once:
          </p>
          {guide}
        </>
      )}
    </Notice>
  );
}

interface KeyFieldsProps {
  choice: EnvironmentChoice;
  onChange: (choice: EnvironmentChoice) => void;
  isOptional: boolean;
}

function KeyFields({ choice, onChange, isOptional }: KeyFieldsProps) {
  const asBefore = isOptional ? " Leave it empty to keep what there is." : "";
  return (
    <>
      <TextInput
        label="Salesforce username"
        description={`The user to sign in, as it stands in Setup under Users.${asBefore}`}
        placeholder="integration@acme.com"
        required={!isOptional}
        withAsterisk={false}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={choice.username}
        onChange={(event) => onChange({ ...choice, username: event.currentTarget.value })}
      />
      <div>
        <Textarea
          label="Private key"
          description={`Of the certificate that the app has, in PEM. Kept sealed and never shown again.${asBefore}`}
          placeholder="-----BEGIN PRIVATE KEY-----"
          required={!isOptional}
          withAsterisk={false}
          autoComplete="off"
          spellCheck={false}
          rows={4}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
          value={choice.privateKey}
          onChange={(event) => onChange({ ...choice, privateKey: event.currentTarget.value })}
        />
        <FileButton
          accept=".pem,.key,application/x-pem-file"
          onChange={(file) => file?.text().then((privateKey) => onChange({ ...choice, privateKey }))}
        >
          {(button) => (
            <Button {...button} size="xs" variant="default" mt={8}>
              Read it from a file
            </Button>
          )}
        </FileButton>
      </div>
    </>
  );
}
