import type { ReactNode } from "react";
import type { RunBody } from "../api/types";
import { formatCount, formatDuration, formatNumber, percentOf } from "../lib/format";
import { outcomeStatus, phaseWords, runLength, runSentence } from "../lib/status";
import { useNow } from "../lib/use-now";
import { useThrottled } from "../lib/use-throttled";
import { Card } from "./card";
import { Figure, Figures } from "./figures";
import classes from "./run-progress.module.css";
import { StateLabel } from "./state-label";
import { Dash, Table } from "./table";

/** How far a run has come, or the sentence it ended in, with a line for each sObject. */
export function RunProgress({ run, title, aside }: { run: RunBody; title: string; aside?: ReactNode }) {
  const now = useNow();
  const total = totalOf(run);
  const running = run.finished_at === null;
  const words = running ? runningSentence(run, total) : runSentence(run, now);
  return (
    <Card title={title} aside={aside}>
      <div className={classes.head}>
        <p className={classes.sentence}>{words}</p>
        <StateLabel state={outcomeStatus(run.outcome)} />
      </div>
      {running && total !== undefined && <Bar done={run.counts.rows_read} total={total} label="Records read" />}
      <div style={{ marginTop: running ? 16 : 0 }}>
        <Figures>
          <Figure
            label="Records read"
            value={formatNumber(run.counts.rows_read)}
            note={total !== undefined && running ? `of ${formatNumber(total)}` : undefined}
          />
          <Figure label="Records a second" value={speedOf(run, now)} />
          <Figure label="API calls" value={formatNumber(run.counts.calls)} />
          <Figure label={running ? "Elapsed" : "Took"} value={formatDuration(runLength(run, now))} />
        </Figures>
      </div>
      {run.rules.length > 0 && (
        <div className={classes.rules}>
          <RuleTable run={run} />
        </div>
      )}
      <LiveWords>{running ? words : ""}</LiveWords>
    </Card>
  );
}

function RuleTable({ run }: { run: RunBody }) {
  const running = run.finished_at === null;
  return (
    <Table label="Each sObject of the run">
      <thead>
        <tr>
          <th scope="col">sObject</th>
          <th scope="col">Phase</th>
          {running && <th scope="col">Progress</th>}
          <th scope="col" className="number">
            Read
          </th>
          <th scope="col" className="number">
            New
          </th>
          <th scope="col" className="number">
            Changed
          </th>
          <th scope="col" className="number">
            Same
          </th>
          <th scope="col" className="number">
            Gone
          </th>
          <th scope="col" className="number">
            Rejected
          </th>
          <th scope="col" className="number">
            Calls
          </th>
        </tr>
      </thead>
      <tbody>
        {run.rules.map((rule) => (
          <tr key={rule.sync_rule_id}>
            <td className="mono">{rule.sobject}</td>
            <td>
              <StateLabel
                plain
                state={{
                  word: phaseWords(rule),
                  tone: rule.started_at || rule.outcome ? outcomeStatus(rule.outcome).tone : "quiet",
                }}
              />
            </td>
            {running && (
              <td>
                {rule.rows_total && !rule.outcome ? (
                  <div className={classes.ruleBar}>
                    <Bar done={rule.counts.rows_read} total={rule.rows_total} label={`${rule.sobject} records read`} />
                  </div>
                ) : (
                  <Dash />
                )}
              </td>
            )}
            <td className="number">{formatNumber(rule.counts.rows_read)}</td>
            <td className="number">{formatNumber(rule.counts.inserted)}</td>
            <td className="number">{formatNumber(rule.counts.updated)}</td>
            <td className="number">{formatNumber(rule.counts.unchanged)}</td>
            <td className="number">{formatNumber(rule.counts.gone)}</td>
            <td className="number">{formatNumber(rule.counts.rejected)}</td>
            <td className="number">{formatNumber(rule.counts.calls)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Bar({ done, total, label }: { done: number; total: number; label: string }) {
  const percent = percentOf(done, total);
  return (
    <div
      className={classes.bar}
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <div className={classes.fill} style={{ width: `${percent}%` }} />
    </div>
  );
}

/** The total over all rules, known only once each rule knows its own. */
function totalOf(run: RunBody): number | undefined {
  if (run.rules.length === 0) return undefined;
  let total = 0;
  for (const rule of run.rules) {
    if (rule.rows_total !== null && rule.rows_total !== undefined) total += rule.rows_total;
    else if (rule.outcome) total += rule.counts.rows_read;
    else return undefined;
  }
  return total;
}

function runningSentence(run: RunBody, total: number | undefined): string {
  const read = run.counts.rows_read;
  const active = run.rules.find((rule) => rule.started_at && !rule.outcome);
  const where = active ? `${active.sobject}: ${phaseWords(active).toLowerCase()}. ` : "";
  if (read === 0 && total === undefined) return `${where}Working out what to read.`;
  if (total === undefined) return `${where}${formatCount(read, "record")} read so far.`;
  return `${where}${formatNumber(read)} of ${formatCount(total, "record")} read.`;
}

function speedOf(run: RunBody, now: number): ReactNode {
  if (run.rows_per_second !== null && run.rows_per_second !== undefined) return formatNumber(run.rows_per_second);
  const seconds = runLength(run, now) / 1000;
  return run.finished_at && run.counts.rows_read > 0 && seconds > 0.5 ? (
    formatNumber(run.counts.rows_read / seconds)
  ) : (
    <Dash />
  );
}

/** Tells screen readers how far it is, at most once in five seconds. */
function LiveWords({ children }: { children: string }) {
  const spoken = useThrottled(children, 5_000);
  return (
    <output
      aria-live="polite"
      style={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}
    >
      {spoken}
    </output>
  );
}
