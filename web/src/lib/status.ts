import type { IntegrationBody, RuleRunBody, RunBody, SyncRuleBody } from "../api/types";
import { formatCount, formatDuration, formatNumber, formatRelative } from "./format";

/** How a state looks: never by colour alone, so each tone has its icon too. */
export type Tone = "ok" | "running" | "warning" | "problem" | "quiet";

export interface StatusWord {
  word: string;
  tone: Tone;
}

/** The five status words and how they look. */
export function integrationStatus(integration: Pick<IntegrationBody, "status" | "activity">): StatusWord {
  switch (integration.status) {
    case "needs_reconnect":
      return { word: "Needs reconnect", tone: "problem" };
    case "needs_attention":
      return { word: "Needs attention", tone: "warning" };
    case "incomplete":
      return { word: "Incomplete", tone: "quiet" };
    case "paused":
      return { word: "Paused", tone: "quiet" };
    default:
      return { word: "Active", tone: integration.activity?.kind === "syncing" ? "running" : "ok" };
  }
}

/** What stands beside the status word: `Syncing`, `Up to date, 2 min ago`, or nothing. */
export function activityWords(integration: Pick<IntegrationBody, "activity">, now: number): string | undefined {
  const { activity } = integration;
  switch (activity?.kind) {
    case "syncing":
      return "Syncing";
    case "up_to_date":
      return `Up to date, ${formatRelative(activity.at, now)}`;
    case "waiting":
      return "Waiting for its turn";
    default:
      return undefined;
  }
}

/** An outcome, of a run or of one sObject within it, as a word. Without one it is under way. */
export function outcomeStatus(outcome: string | null | undefined): StatusWord {
  switch (outcome) {
    case "succeeded":
      return { word: "Done", tone: "ok" };
    case "partly_done":
      return { word: "Partly done", tone: "warning" };
    case "failed":
      return { word: "Failed", tone: "problem" };
    case "stopped":
      return { word: "Stopped", tone: "quiet" };
    default:
      return { word: "Running", tone: "running" };
  }
}

const phases: Record<RuleRunBody["phase"], string> = {
  waiting: "Waiting",
  planning: "Planning",
  preparing: "Salesforce prepares the records",
  reading: "Reading",
  sweeping: "Looking for deleted records",
  finished: "Finished",
};

/** The phase of a running rule as a person reads it. */
export function phaseWords(rule: Pick<RuleRunBody, "phase" | "outcome">): string {
  return rule.outcome ? outcomeStatus(rule.outcome).word : phases[rule.phase];
}

/** The state of the copy of one sObject, of which no problem is known. */
export function copyStatus(
  rule: Pick<SyncRuleBody, "id" | "complete_until">,
  lastRun: Pick<RunBody, "rules"> | null | undefined,
): StatusWord {
  const last = lastRun?.rules.find(({ sync_rule_id }) => sync_rule_id === rule.id);
  if (last?.outcome === "failed") return { word: "Last run failed", tone: "problem" };
  return rule.complete_until ? { word: "Fine", tone: "ok" } : { word: "Not read yet", tone: "quiet" };
}

/** How many milliseconds a run took, or has taken until now. */
export function runLength(run: Pick<RunBody, "started_at" | "finished_at">, now: number): number {
  const end = run.finished_at ? new Date(run.finished_at).getTime() : now;
  return Math.max(0, end - new Date(run.started_at).getTime());
}

/** The sentence that a run ends in: `12,430 records read in 9 s with 4 calls. 12 were new, 3 changed.` */
export function runSentence(run: RunBody, now: number): string {
  const { counts } = run;
  const what = run.rules.length === 1 && run.rules[0] ? `${run.rules[0].sobject} record` : "record";
  const cost = `in ${formatDuration(runLength(run, now))} with ${formatCount(counts.calls, "call")}`;
  const read = `${formatCount(counts.rows_read, what)} read ${cost}.`;
  const parts = [
    counts.inserted > 0 && `${formatNumber(counts.inserted)} new`,
    counts.updated > 0 && `${formatNumber(counts.updated)} changed`,
    counts.gone > 0 && `${formatNumber(counts.gone)} gone`,
    counts.rejected > 0 && `${formatNumber(counts.rejected)} rejected`,
  ].filter((part) => part !== false);
  if (counts.rows_read === 0 && parts.length === 0) {
    // Only who has seen everything knows that nothing had changed.
    return run.outcome === "succeeded" ? `Nothing had changed. Looked ${cost}.` : `Nothing was read ${cost}.`;
  }
  return parts.length === 0 ? `${read} Nothing was new.` : `${read} ${parts.join(", ")}.`;
}

/** `closed_won` as `Closed won`. */
export function sentenceCase(text: string): string {
  const words = text.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Why a record is gone, in words that claim no more than the evidence does. */
export function goneWords(why: string | null | undefined): string {
  switch (why) {
    case "deleted":
      return "Deleted in Salesforce";
    case "merged":
      return "Merged into another record";
    case "purged":
      return "Deleted for good in Salesforce";
    case "filtered":
      return "No longer matches the sync rule";
    case "hidden":
      return "No longer visible to the connection's user";
    default:
      return "Deleted for good or no longer visible";
  }
}
