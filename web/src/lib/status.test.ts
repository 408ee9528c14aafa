import { describe, expect, it } from "vitest";
import type { RunBody } from "../api/types";
import { activityWords, copyStatus, goneWords, integrationStatus, phaseWords, runSentence } from "./status";

const now = Date.parse("2026-11-22T12:00:00.000Z");

function run(counts: Partial<RunBody["counts"]>, sobjects = ["Account"]): RunBody {
  const all = {
    rows_read: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    gone: 0,
    rejected: 0,
    calls: 0,
    bytes: 0,
    ...counts,
  };
  return {
    id: "run_1",
    integration_id: "int_1",
    started_at: "2026-11-22T11:00:00.000Z",
    finished_at: "2026-11-22T11:00:09.000Z",
    outcome: "succeeded",
    problem: null,
    counts: all,
    rows_per_second: null,
    rules: sobjects.map((sobject) => ({
      sync_rule_id: `rul_${sobject}`,
      sobject,
      phase: "finished" as const,
      rows_total: null,
      counts: all,
      started_at: null,
      finished_at: null,
      outcome: "succeeded" as const,
      problem: null,
    })),
  };
}

describe("integrationStatus", () => {
  it("is one of five words", () => {
    const words = (["needs_reconnect", "paused", "incomplete", "needs_attention", "active"] as const).map(
      (status) => integrationStatus({ status, activity: null }).word,
    );

    expect(words).toEqual(["Needs reconnect", "Paused", "Incomplete", "Needs attention", "Active"]);
  });

  it("shows an active integration that is syncing as running", () => {
    expect(
      integrationStatus({ status: "active", activity: { kind: "syncing", since: "2026-11-22T11:59:00.000Z" } }).tone,
    ).toBe("running");
  });
});

it("says beside the status how fresh the copy is", () => {
  expect(activityWords({ activity: { kind: "up_to_date", at: "2026-11-22T11:58:00.000Z" } }, now)).toBe(
    "Up to date, 2 min ago",
  );
  expect(activityWords({ activity: null }, now)).toBeUndefined();
});

describe("runSentence", () => {
  it("tells rows, time and calls", () => {
    expect(runSentence(run({ rows_read: 12_430, inserted: 12_430, calls: 4 }), now)).toBe(
      "12,430 Account records read in 9 s with 4 calls. 12,430 new.",
    );
  });

  it("says so where nothing changed", () => {
    expect(runSentence(run({ calls: 1 }, ["Account", "Contact"]), now)).toBe(
      "Nothing had changed. Looked in 9 s with 1 call.",
    );
  });

  it("does not claim that nothing had changed where the run failed", () => {
    expect(runSentence({ ...run({ calls: 1 }), outcome: "failed" }, now)).toBe("Nothing was read in 9 s with 1 call.");
  });

  it("hides no rejected row", () => {
    expect(runSentence(run({ rows_read: 2, unchanged: 1, rejected: 1, calls: 2 }, ["A", "B"]), now)).toBe(
      "2 records read in 9 s with 2 calls. 1 rejected.",
    );
  });
});

it("calls no copy fine whose last run failed", () => {
  const rule = { id: "rul_Account", complete_until: "2026-11-22T11:00:00.000Z" };
  const failed = run({}).rules.map((part) => ({ ...part, outcome: "failed" as const }));

  expect(copyStatus(rule, run({})).word).toBe("Fine");
  expect(copyStatus(rule, { rules: failed }).word).toBe("Last run failed");
  expect(copyStatus({ ...rule, id: "rul_Contact" }, { rules: failed }).word).toBe("Fine");
  expect(copyStatus({ ...rule, complete_until: null }, null).word).toBe("Not read yet");
});

it("says the phase of a rule until it has an outcome", () => {
  expect(phaseWords({ phase: "preparing", outcome: null })).toBe("Salesforce prepares the records");
  expect(phaseWords({ phase: "finished", outcome: "failed" })).toBe("Failed");
});

it("claims a deletion only on evidence", () => {
  expect(goneWords("absent")).toBe("Deleted for good or no longer visible");
  expect(goneWords("hidden")).toBe("No longer visible to the connection's user");
});
