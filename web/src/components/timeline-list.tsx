import type { TimelineEntryBody } from "../api/types";
import { isTrouble, timelineWords } from "../lib/timeline-words";
import { Link } from "./link";
import { StateIcon } from "./state-label";
import { TimeAgo } from "./time-ago";
import classes from "./timeline-list.module.css";

interface TimelineListProps {
  entries: TimelineEntryBody[];
  /** The names of integrations, where the list is of several. */
  names?: ReadonlyMap<string, string>;
}

/** What happened, the newest first: by whom, what, and when. */
export function TimelineList({ entries, names }: TimelineListProps) {
  return (
    <ol className={classes.list}>
      {entries.map((entry) => (
        <li key={entry.id} className={classes.entry}>
          <StateIcon tone={isTrouble(entry.kind) ? "warning" : "quiet"} />
          <div className={classes.words}>
            {names && entry.integration_id && (
              <Link to="/integrations/$id" params={{ id: entry.integration_id }} dir="auto">
                {names.get(entry.integration_id) ?? "Deleted integration"}
              </Link>
            )}
            <span>{timelineWords(entry)}.</span>
            {entry.user_name && (
              <span className="quiet small" dir="auto">
                {entry.user_name}
              </span>
            )}
          </div>
          <span className="quiet small">
            <TimeAgo at={entry.happened_at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
