import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import type { AppFileBody, ConnectOptionsBody, SignInKind } from "../api/types";
import classes from "./app-guide.module.css";
import { CopyText } from "./copy-text";
import { OutsideLink } from "./outside-link";

interface AppGuideProps {
  options: ConnectOptionsBody;
  /** How Towpath will sign in. */
  signIn: SignInKind;
  /** The files that make the app; asked for when somebody wants them. */
  files: AppFileBody[] | undefined;
  onWantFiles: () => void;
}

/** Where a Salesforce admin installs the package that holds the app. */
export function InstallLinks({ links }: { links: NonNullable<ConnectOptionsBody["install_links"]> }) {
  return (
    <p style={{ margin: 0 }}>
      Install the package first: <OutsideLink href={links.production}>in production</OutsideLink> or{" "}
      <OutsideLink href={links.sandbox}>in a sandbox</OutsideLink>. A Salesforce admin opens the link once; connect here
      afterwards.
    </p>
  );
}

/** How an app comes into an org: by a package, by hand in Setup, or by the sf command line. */
export function AppGuide({ options, signIn, files, onWantFiles }: AppGuideProps) {
  const { install_links: links, egress_addresses, callback_url, scopes } = options;
  return (
    <div className={classes.guide}>
      {links && <InstallLinks links={links} />}
      <ol className={classes.steps}>
        {signIn === "jwt_bearer" && (
          <li>
            Make a key and its certificate. The key stays with you until you give it here; only the certificate goes
            into Salesforce:
            <Copied value={MAKE_KEY} label="Copy the command that makes a key" />
          </li>
        )}
        <li>
          In Salesforce, open <strong>Setup &gt; External Client App Manager</strong> and press{" "}
          <strong>New External Client App</strong>. Name it Towpath and leave it Local.
        </li>
        <li>
          Under <strong>API (Enable OAuth Settings)</strong> enable OAuth and enter this callback URL:
          <Copied value={callback_url} label="Copy the callback URL" />
        </li>
        <li>
          Select these scopes and no more:
          <dl className={classes.scopes}>
            {scopes.map(({ name, why }) => (
              <div key={name}>
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>{why}.</dd>
              </div>
            ))}
          </dl>
        </li>
        <FlowSteps signIn={signIn} />
        <li>
          {egress_addresses.length > 0 ? (
            <>
              If your org restricts addresses, allow those from which this server calls Salesforce:
              {egress_addresses.map((address) => (
                <Copied key={address} value={address} label={`Copy ${address}`} />
              ))}
            </>
          ) : (
            "If your org restricts addresses, ask whoever runs this server from which ones it calls Salesforce, and allow them."
          )}
        </li>
        <li>
          Open <strong>Settings &gt; OAuth Settings &gt; Consumer Key and Secret</strong> and copy{" "}
          {signIn === "jwt_bearer" ? "the key" : "both"} here. A new app takes up to ten minutes before it works.
        </li>
      </ol>
      <details onToggle={(event) => event.currentTarget.open && onWantFiles()}>
        <summary>Or make it with the sf command line</summary>
        <p>
          These files are the same app and a permission set <code>Towpath_Sync</code> for the user who signs in. It
          reads the common objects; give Read on the fields that are to be copied beside it. Put your own address into{" "}
          <code>contactEmail</code>,{" "}
          {signIn === "client_credentials" && (
            <>
              the name of the user into <code>clientCredentialsFlowUser</code>,{" "}
            </>
          )}
          {signIn === "jwt_bearer" && (
            <>the text of the certificate where its place is (the script below makes one and does that), </>
          )}
          save them in a new folder, and deploy that:
        </p>
        <Copied value="sf project deploy start --source-dir force-app --target-org my-org" label="Copy the command" />
        <p>Then give the permission set to the user who signs in. The app admits nobody without it:</p>
        <Copied
          value="sf org assign permset --name Towpath_Sync --on-behalf-of integration.user@example.com --target-org my-org"
          label="Copy the second command"
        />
        {files ? <Files files={files} /> : <p>Making the files…</p>}
      </details>
    </div>
  );
}

/** Makes the key and the certificate in the current folder. */
const MAKE_KEY =
  'openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 730 -subj "/CN=Towpath" -keyout towpath.key -out towpath.crt';

/** Stands where the text of the certificate belongs. */
const CERTIFICATE_PLACE = "PUT_THE_CERTIFICATE_HERE";

/** What has to be switched on for a way of signing in. */
function FlowSteps({ signIn }: { signIn: SignInKind }) {
  switch (signIn) {
    case "jwt_bearer":
      return (
        <>
          <li>
            Under <strong>Flow Enablement</strong>, tick <strong>Enable JWT Bearer Flow</strong> and upload{" "}
            <code>towpath.crt</code>.
          </li>
          <li>
            Under <strong>Policies &gt; OAuth Policies</strong>, choose{" "}
            <strong>Admin approved users are pre-authorized</strong>, and add a permission set that the user has who
            shall sign in. Without that Salesforce says that the user has not approved the app.
          </li>
        </>
      );
    case "client_credentials":
      return (
        <>
          <li>
            Under <strong>Flow Enablement</strong>, tick <strong>Enable Client Credentials Flow</strong>.
          </li>
          <li>
            Under <strong>Policies &gt; OAuth Flows</strong>, enable it too, and name the <strong>Run As</strong> user:
            one for the API only who can read what is to be copied.
          </li>
        </>
      );
    default:
      return (
        <>
          <li>
            Keep <strong>Require Proof Key for Code Exchange (PKCE)</strong> and <strong>Refresh Token Rotation</strong>{" "}
            on; Towpath uses both.
          </li>
          <li>
            Under <strong>Policies</strong>, let the user who will sign in use the app: all users self-authorize, or a
            permission set of that user. Let the refresh token expire after 30 unused days, or never.
          </li>
        </>
      );
  }
}

function Copied({ value, label }: { value: string; label: string }) {
  return (
    <span className={classes.copied}>
      <code>{value}</code>
      <CopyText value={value} label={label} />
    </span>
  );
}

function Files({ files }: { files: AppFileBody[] }) {
  const [shown, setShown] = useState(files[0]?.path);
  const file = files.find(({ path }) => path === shown);
  return (
    <div>
      <ul className={classes.files}>
        {files.map(({ path }) => (
          <li key={path}>
            <button type="button" className={classes.file} aria-pressed={path === shown} onClick={() => setShown(path)}>
              {path}
            </button>
          </li>
        ))}
      </ul>
      {file && (
        <>
          <div className={classes.copied}>
            <code>{file.path}</code>
            <CopyText value={file.text} label="Copy this file" />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
          <pre className={classes.text} tabIndex={0}>
            {file.text}
          </pre>
        </>
      )}
      <Button
        size="xs"
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        onClick={() => download("towpath-app.sh", asScript(files))}
      >
        Download a script that writes them
      </Button>
    </div>
  );
}

/** A shell script that writes the files below the current folder. */
export function asScript(files: AppFileBody[]): string {
  const parts = files.map(({ path, text }) => {
    const folder = path.includes("/") ? `mkdir -p '${path.slice(0, path.lastIndexOf("/"))}'\n` : "";
    return `${folder}cat >'${path}' <<'TOWPATH_END'\n${text.replace(/\n*$/, "\n")}TOWPATH_END\n`;
  });
  const withPlace = files.filter(({ text }) => text.includes(CERTIFICATE_PLACE)).map(({ path }) => path);
  return `#!/bin/sh\nset -eu\n${parts.join("")}${withPlace.map(putCertificate).join("")}`;
}

/** Makes a key and a certificate where there is none, and puts the certificate in its place. */
function putCertificate(path: string): string {
  return `[ -f towpath.key ] || ${MAKE_KEY}
chmod 600 towpath.key
awk 'NR == FNR { text = text $0 "\\n"; next } { sub(/${CERTIFICATE_PLACE}/, text) } 1' towpath.crt '${path}' >'${path}.new'
mv '${path}.new' '${path}'
`;
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/x-shellscript" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
