import { Button } from "@mantine/core";
import { Notice } from "./problem-notice";
import classes from "./two-versions.module.css";

interface Line {
  label: string;
  value: string;
}

interface TwoVersionsProps {
  /** What is edited: `rule`, `name`. */
  what: string;
  /** As it is now, by somebody else. Not known while it is being asked for. */
  theirs: Line[] | undefined;
  mine: Line[];
  isSaving: boolean;
  onKeepTheirs: () => void;
  onSaveMine: () => void;
}

/** Two people changed the same at once: both versions, and the choice between them. */
export function TwoVersions({ what, theirs, mine, isSaving, onKeepTheirs, onSaveMine }: TwoVersionsProps) {
  return (
    <div role="alert">
      <Notice tone="warning">
        <p style={{ margin: "0 0 8px", fontWeight: 600 }}>Somebody else changed this {what} while you had it open</p>
        <p style={{ margin: "0 0 12px" }}>Yours is not saved. Choose which one holds.</p>
        <div className={classes.versions}>
          <Version title="As it is now" lines={theirs} others={mine} />
          <Version title="As you have it" lines={mine} others={theirs} />
        </div>
        <div style={{ display: "flex", flexWrap: "wrap", gap: 8, marginTop: 12 }}>
          <Button size="xs" variant="default" onClick={onKeepTheirs} disabled={!theirs}>
            Keep what is there
          </Button>
          <Button size="xs" variant="default" onClick={onSaveMine} loading={isSaving} disabled={!theirs}>
            Save mine instead
          </Button>
        </div>
      </Notice>
    </div>
  );
}

function Version({ title, lines, others }: { title: string; lines?: Line[]; others?: Line[] }) {
  return (
    <section aria-label={title}>
      <h3 className={classes.title}>{title}</h3>
      <dl className={classes.lines}>
        {lines?.map(({ label, value }) => {
          const differs = others?.find((other) => other.label === label)?.value !== value;
          return (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{differs ? <mark className={classes.other}>{value}</mark> : value}</dd>
            </div>
          );
        }) ?? <dd>Looking…</dd>}
      </dl>
    </section>
  );
}
