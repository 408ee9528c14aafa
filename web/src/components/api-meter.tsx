import type { LimitsBody } from "../api/types";
import { formatNumber, formatShortInstant } from "../lib/format";
import classes from "./api-meter.module.css";

const stopWords: Record<NonNullable<LimitsBody["stopped_for"]>, string> = {
  allotment: "The allotment of this integration is spent",
  reserve: "The rest of the org's calls is left to others",
  daily: "The org refuses calls for today",
};

/** The calls of the last 24 hours on a bar as long as the org's limit, with the mark at which syncing stops. */
function ApiBar({ limits }: { limits: LimitsBody }) {
  const { daily_limit, ours, others, stop_at } = limits;
  const share = (calls: number) => `${Math.min(100, (calls / Math.max(1, daily_limit)) * 100)}%`;
  return (
    <div
      className={classes.bar}
      role="img"
      aria-label={`Of ${formatNumber(daily_limit)} calls in 24 hours ${formatNumber(ours)} were Towpath's and ${formatNumber(others)} others'. Syncing stops at ${formatNumber(stop_at)}.`}
    >
      <span className={classes.ours} style={{ width: share(ours) }} />
      <span className={classes.others} style={{ width: share(others) }} />
      <span className={classes.stop} style={{ left: share(stop_at) }} />
    </div>
  );
}

/** The same for a line of a list. An org that has not told its limit has no bar. */
export function ShortApiMeter({ limits }: { limits: LimitsBody }) {
  if (!limits.is_limit_known) return null;
  return (
    <div className={classes.short}>
      <ApiBar limits={limits} />
      <span className="quiet small">
        {formatNumber(limits.ours + limits.others)} of {formatNumber(limits.daily_limit)} calls in 24 h
      </span>
    </div>
  );
}

/** Whose API calls of the last 24 hours were whose, and what is left. */
export function ApiMeter({ limits }: { limits: LimitsBody }) {
  const { daily_limit, ours, spent, others, stop_at, reserve, allotment } = limits;
  const left = Math.max(0, daily_limit - ours - others);
  return (
    <div>
      <ApiBar limits={limits} />
      <dl className={classes.legend}>
        <Item
          mark={classes.ours}
          label="Towpath"
          value={formatNumber(ours)}
          note={`${formatNumber(spent)} of them here`}
        />
        <Item mark={classes.others} label="Others" value={formatNumber(others)} />
        <Item
          label="Left"
          value={formatNumber(left)}
          note={`of ${limits.is_limit_known ? "" : "at least "}${formatNumber(daily_limit)}`}
        />
        <Item
          label="Kept for others"
          value={formatNumber(reserve)}
          note={`syncing stops at ${formatNumber(stop_at)}`}
        />
        <Item label="Allotment" value={allotment === null ? "none" : formatNumber(allotment)} />
      </dl>
      {limits.stopped_for && (
        <p style={{ margin: "12px 0 0" }} role="status">
          {stopWords[limits.stopped_for]}. Nothing is lost
          {limits.stopped_until && <>; it goes on at about {formatShortInstant(limits.stopped_until)}</>}.
        </p>
      )}
    </div>
  );
}

function Item({ mark, label, value, note }: { mark?: string; label: string; value: string; note?: string }) {
  return (
    <div>
      <dt>
        {mark && <span className={`${classes.mark} ${mark}`} aria-hidden />}
        {label}
      </dt>
      <dd>
        <strong>{value}</strong> {note && <span className="quiet small">{note}</span>}
      </dd>
    </div>
  );
}
