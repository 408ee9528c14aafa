import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import type { AppFileBody, ConnectOptionsBody } from "../api/types";
import classes from "./app-guide.module.css";
import { CopyText } from "./copy-text";
import { OutsideLink } from "./outside-link";

interface AppGuideProps {
  options: ConnectOptionsBody;
  /** The files that make the app; asked for when somebody wants them. */
  files: AppFileBody[] | undefined;
  onWantFiles: () => void;
}

/** How an app comes into an org: by a package, by hand in Setup, or by the sf command line. */
export function AppGuide({ options, files, onWantFiles }: AppGuideProps) {
  const { install_links: links, egress_addresses, callback_url, scopes } = options;
  return (
    <div className={classes.guide}>
      {links && (
        <p style={{ margin: 0 }}>
          Install the package first: <OutsideLink href={links.production}>in production</OutsideLink> or{" "}
          <OutsideLink href={links.sandbox}>in a sandbox</OutsideLink>. A Salesforce admin opens the link once; connect
          here afterwards.
        </p>
      )}
      <ol className={classes.steps}>
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
        <li>
          Keep <strong>Require Proof Key for Code Exchange (PKCE)</strong> and <strong>Refresh Token Rotation</strong>{" "}
          on; Towpath uses both.
        </li>
        <li>
          Under <strong>Policies</strong>, let the user who will sign in use the app: all users self-authorize, or a
          permission set of that user. Let the refresh token expire after 30 unused days, or never.
        </li>
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
          Open <strong>Settings &gt; OAuth Settings &gt; Consumer Key and Secret</strong> and copy both here. A new app
          takes up to ten minutes before it works.
        </li>
      </ol>
      <details onToggle={(event) => event.currentTarget.open && onWantFiles()}>
        <summary>Or make it with the sf command line</summary>
        <p>
          These files are the same app and a permission set <code>Towpath_Sync</code> for the user who signs in. Put
          your own address into <code>contactEmail</code>, save them in a new folder, and deploy that:
        </p>
        <Copied value="sf project deploy start --source-dir force-app --target-org my-org" label="Copy the command" />
        {files ? <Files files={files} /> : <p>Making the files…</p>}
      </details>
    </div>
  );
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
  return `#!/bin/sh\nset -eu\n${parts.join("")}`;
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/x-shellscript" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
