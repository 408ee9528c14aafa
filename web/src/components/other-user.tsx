import { Button } from "@mantine/core";
import type { UserChangeBody } from "../api/types";
import { formatCount, formatList } from "../lib/format";
import { toProblem } from "../lib/problem";
import { Card } from "./card";
import classes from "./facts.module.css";
import { Notice, ProblemNotice } from "./problem-notice";

interface OtherUserProps {
  /** What changes; missing while the org is asked. */
  change: UserChangeBody | undefined;
  /** Why that could not be asked. */
  changeError?: unknown;
  onAskAgain: () => void;
  error?: unknown;
  isConfirming: boolean;
  isCancelling: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asks whether another user may take a connection over, beside what that user cannot read. */
export function OtherUser(props: OtherUserProps) {
  const { change, changeError, error, isConfirming, isCancelling } = props;
  return (
    <Card title="Read as another Salesforce user?">
      {changeError !== undefined && <ProblemNotice problem={toProblem(changeError)} onRetry={props.onAskAgain} />}
      {!change && changeError === undefined && <p role="status">Asking Salesforce what this user can read…</p>}
      {change && <Difference change={change} />}
      {error !== undefined && <ProblemNotice problem={toProblem(error)} />}
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, marginTop: 16 }}>
        <Button onClick={props.onConfirm} loading={isConfirming} disabled={!change}>
          {change ? `Read as ${change.after}` : "Read as this user"}
        </Button>
        <Button variant="default" onClick={props.onCancel} loading={isCancelling}>
          No, cancel and take back the access
        </Button>
      </div>
    </Card>
  );
}

function Difference({ change: { before, after, hidden } }: { change: UserChangeBody }) {
  return (
    <>
      <dl className={classes.facts}>
        <dt>Until now</dt>
        <dd style={{ overflowWrap: "anywhere" }}>{before}</dd>
        <dt>From now on</dt>
        <dd style={{ overflowWrap: "anywhere" }}>
          <strong>{after}</strong>
        </dd>
      </dl>
      {hidden.length === 0 ? (
        <p>This user can read every object and field of the rules.</p>
      ) : (
        <Notice tone="warning">
          <p style={{ margin: "0 0 4px", fontWeight: 600 }}>What this user cannot read</p>
          <ul style={{ margin: 0, paddingLeft: 20, overflowWrap: "anywhere" }}>
            {hidden.map(({ integration, sobject, fields }) => (
              <li key={`${integration} ${sobject}`}>
                <span dir="auto">{integration}</span>: {hiddenWords(sobject, fields)}
              </li>
            ))}
          </ul>
          <p style={{ margin: "4px 0 0" }}>What was copied of it stays as it is, and is not kept up to date.</p>
        </Notice>
      )}
      <p>
        This user may see other records too. All records are compared with what the user sees; none is taken for deleted
        because it is hidden. Rules, mappings and history stay.
      </p>
    </>
  );
}

const MOST_NAMED = 12;

/** What is hidden of an sObject: all of it, or some fields. */
export function hiddenWords(sobject: string, fields: string[]): string {
  if (fields.length === 0) return `${sobject}, the whole object`;
  const more = fields.length - MOST_NAMED;
  const named = more > 0 ? [...fields.slice(0, MOST_NAMED), formatCount(more, "more field")] : fields;
  return `${sobject}, the ${fields.length === 1 ? "field" : "fields"} ${formatList(named)}`;
}
