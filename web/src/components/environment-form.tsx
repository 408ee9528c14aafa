import { Radio, TextInput } from "@mantine/core";
import type {
  AppFileBody,
  ConnectEnvironmentBody,
  ConnectOptionsBody,
  EnvironmentKind,
  SignInKind,
} from "../api/types";
import classes from "./environment-form.module.css";
import { SignInFields } from "./sign-in-fields";

/** Where, how and with which app Towpath signs in. */
export interface EnvironmentChoice {
  environment: EnvironmentKind;
  host: string;
  clientId: string;
  clientSecret: string;
  signIn: SignInKind;
  username: string;
  privateKey: string;
}

/** A choice of which only the place is known. */
export function choiceAt(environment: EnvironmentKind, host: string, signIn: SignInKind): EnvironmentChoice {
  return { environment, host, signIn, clientId: "", clientSecret: "", username: "", privateKey: "" };
}

const words: Record<EnvironmentKind, { label: string; what: string }> = {
  production: { label: "Production", what: "Your live org" },
  sandbox: { label: "Sandbox", what: "For testing or staging" },
  custom: { label: "Custom domain", what: "An org with its own My Domain host" },
  simulated: { label: "Simulated org", what: "Invented data, to try Towpath with" },
};

interface EnvironmentFormProps {
  options: ConnectOptionsBody;
  choice: EnvironmentChoice;
  onChange: (choice: EnvironmentChoice) => void;
  hostError?: string;
  /** A host that the server proposes instead. */
  suggestion?: string;
  /** Whether an integration is connected again, of which much is known. */
  isAgain?: boolean;
  /** The files that make an app; asked for when somebody wants them. */
  appFiles: AppFileBody[] | undefined;
  onWantAppFiles: () => void;
}

/** Asks where to sign in, how and, where this server has no app for it, with which app. */
export function EnvironmentForm(props: EnvironmentFormProps) {
  const { options, choice, onChange, hostError, suggestion } = props;
  const chosen = options.environments.find(({ kind }) => kind === choice.environment);
  return (
    <>
      <Radio.Group
        label="Environment"
        value={choice.environment}
        onChange={(environment) => onChange({ ...choice, environment: environment as EnvironmentKind })}
      >
        <div className={classes.choices}>
          {options.environments.map((environment) => (
            <EnvironmentRadio
              key={environment.kind}
              environment={environment}
              on={environment.kind === choice.environment}
            />
          ))}
        </div>
      </Radio.Group>
      {choice.environment === "custom" && (
        <TextInput
          label="My Domain host"
          description="Only the host, as it stands in Setup under My Domain."
          placeholder="acme.my.salesforce.com"
          required
          withAsterisk={false}
          autoCapitalize="none"
          spellCheck={false}
          value={choice.host}
          error={hostError}
          onChange={(event) => onChange({ ...choice, host: event.currentTarget.value })}
        />
      )}
      {choice.environment === "custom" && suggestion && (
        <button
          type="button"
          className="mantine-focus-auto"
          style={{
            alignSelf: "flex-start",
            cursor: "pointer",
            background: "none",
            border: 0,
            padding: 0,
            color: "var(--accent-text)",
            textDecoration: "underline",
          }}
          onClick={() => onChange({ ...choice, host: suggestion })}
        >
          Use {suggestion}
        </button>
      )}
      <SignInFields
        options={options}
        choice={choice}
        onChange={onChange}
        isAppKnown={chosen?.app_known ?? true}
        isAgain={props.isAgain ?? false}
        appFiles={props.appFiles}
        onWantAppFiles={props.onWantAppFiles}
      />
    </>
  );
}

function EnvironmentRadio({ environment, on }: { environment: ConnectEnvironmentBody; on: boolean }) {
  const { label, what } = words[environment.kind];
  return (
    <Radio
      className={classes.choice}
      data-checked={on || undefined}
      value={environment.kind}
      label={label}
      description={environment.host ? `${what}, ${environment.host}` : what}
    />
  );
}

/** What will be asked for at Salesforce, and why. */
export function ScopeList({ scopes }: { scopes: ConnectOptionsBody["scopes"] }) {
  return (
    <dl className={classes.scopes}>
      {scopes.map(({ name, why }) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{why}</dd>
        </div>
      ))}
    </dl>
  );
}
