import type { CheckLineBody, ConnectionCheckBody } from "../api/types";
import { forAdmin } from "../lib/for-admin";
import { formatInstant } from "../lib/format";
import type { Tone } from "../lib/status";
import classes from "./check-list.module.css";
import { CopyText } from "./copy-text";
import { RemedyLine } from "./remedy-line";
import { StateLabel } from "./state-label";

const parts: Record<CheckLineBody["part"], string> = {
  address: "Address",
  grant: "Access",
  user: "User",
  scopes: "Scopes",
  calls: "API calls",
  clock: "Clock",
  sobjects: "sObjects",
};

const states: Record<CheckLineBody["state"], { word: string; tone: Tone }> = {
  fine: { word: "Fine", tone: "ok" },
  skipped: { word: "Not asked", tone: "quiet" },
  warning: { word: "Look here", tone: "warning" },
  broken: { word: "Broken", tone: "problem" },
};

/** What a connection check found, a line for each part, with what mends it. */
export function CheckList({ check }: { check: ConnectionCheckBody }) {
  return (
    <div>
      <p className="quiet small" style={{ margin: "0 0 8px", display: "flex", alignItems: "center", gap: 4 }}>
        Checked {formatInstant(check.checked_at)}
        <CopyText value={asText(check)} label="Copy for your Salesforce admin" />
      </p>
      <ul className={classes.lines}>
        {check.lines.map((line) => (
          <li key={line.part} className={classes.line}>
            <span className={classes.part}>{parts[line.part]}</span>
            <span className={classes.state}>
              <StateLabel plain state={states[line.state]} />
            </span>
            <div className={classes.words}>
              {line.text} {line.problem && <code className="quiet small">{line.problem.code}</code>}
              <RemedyLine remedy={line.problem?.remedy ?? null} instanceUrl={check.instance_url} />
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function asText({ checked_at, instance_url, lines }: ConnectionCheckBody): string {
  const text = lines.map(({ part, state, text, problem }) => {
    const told = problem ? forAdmin({ ...problem, text }, instance_url).replaceAll("\n", "\n  ") : text;
    return `${parts[part]}: ${states[state].word}. ${told}`;
  });
  return [`Connection check of ${instance_url}, ${checked_at}`, ...text].join("\n");
}
