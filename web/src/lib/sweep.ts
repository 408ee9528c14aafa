import type { SweepBody } from "../api/types";
import { formatNumber } from "./format";
import type { StatusWord } from "./status";

/** How a comparison of a copy with its org ended, in a word. */
export function sweepState(last: SweepBody | null, isRunning: boolean): StatusWord {
  if (isRunning) return { word: "Comparing", tone: "running" };
  switch (last?.outcome) {
    case "equal":
      return { word: "The same", tone: "ok" };
    case "healed":
      return { word: "Mended", tone: "ok" };
    case "drifted":
      return { word: "Differs", tone: "warning" };
    case "frozen":
      return { word: "Needs attention", tone: "warning" };
    default:
      return { word: "Not compared yet", tone: "quiet" };
  }
}

/** What differed, in numbers; nothing where nothing did. */
export function sweepWords(last: SweepBody | null): string {
  if (!last?.counts) return "";
  const { missing, revived, stale, lost, rejected } = last.counts;
  const parts: [number, string][] = [
    [missing + revived, "missing in the copy"],
    [stale, "old in the copy"],
    [lost, "not in the org"],
    [rejected, "could not be stored"],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, words]) => `${formatNumber(number)} ${words}`)
    .join(", ");
}
