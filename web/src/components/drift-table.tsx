import type { DriftBody, SweepCountsBody, SweepDayBody } from "../api/types";
import { formatNumber } from "../lib/format";
import { sweepState, sweepWords } from "../lib/sweep";
import classes from "./drift-table.module.css";
import { StateLabel } from "./state-label";
import { Dash, Table } from "./table";
import { TimeAgo } from "./time-ago";

/** How each sObject's copy compared with the org: the records on both sides, what differed, and when that was. */
export function DriftTable({ rules }: { rules: DriftBody[] }) {
  return (
    <Table label="Compared with the org" sticky>
      <thead>
        <tr>
          <th scope="col">sObject</th>
          <th scope="col">Result</th>
          <th scope="col" className="number">
            In the org
          </th>
          <th scope="col" className="number">
            In the copy
          </th>
          <th scope="col">What differed</th>
          <th scope="col">Compared</th>
          <th scope="col">Next</th>
        </tr>
      </thead>
      <tbody>
        {rules.map(({ sync_rule_id, sobject, last_sweep: last, current_sweep, next_sweep_at, days }) => (
          <tr key={sync_rule_id}>
            <td>{sobject}</td>
            <td>
              <StateLabel plain state={sweepState(last, current_sweep !== null)} />
            </td>
            <td className="number">{last?.counts ? formatNumber(last.counts.rows_in_org) : <Dash />}</td>
            <td className="number">{last?.counts ? formatNumber(last.counts.rows_in_copy) : <Dash />}</td>
            <td className={classes.differed}>
              {sweepWords(last) || <Dash />}
              {last?.counts && <Evidence counts={last.counts} days={days} />}
            </td>
            <td>{last?.finished_at ? <TimeAgo at={last.finished_at} /> : <Dash />}</td>
            <td>{next_sweep_at ? <TimeAgo at={next_sweep_at} /> : <Dash />}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** More days than this are for the command line and the API. */
const MOST_DAYS = 14;

/** What a comparison went by: the checksums of both sides, and the days on which their numbers differed. */
function Evidence({ counts, days }: { counts: SweepCountsBody; days: SweepDayBody[] }) {
  const { org_checksum, copy_checksum } = counts;
  return (
    <details className={classes.evidence}>
      <summary>Days and checksums</summary>
      <dl>
        <dt>Checksum over ids and times of change</dt>
        {org_checksum === copy_checksum ? (
          <dd>
            the same: <code>{org_checksum}</code>
          </dd>
        ) : (
          <>
            <dd>
              org: <code>{org_checksum}</code>
            </dd>
            <dd>
              copy: <code>{copy_checksum}</code>
            </dd>
          </>
        )}
        <dt>Records by the day of their last change (UTC)</dt>
        {days.length === 0 && <dd>as many on both sides, on every day</dd>}
        {days.slice(0, MOST_DAYS).map(({ day, rows_in_org, rows_in_copy }) => (
          <dd key={day}>
            {day}: {formatNumber(rows_in_org)} in the org, {formatNumber(rows_in_copy)} in the copy
          </dd>
        ))}
        {days.length > MOST_DAYS && <dd>and {formatNumber(days.length - MOST_DAYS)} days more</dd>}
      </dl>
    </details>
  );
}
