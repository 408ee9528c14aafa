import { expect, test } from "vitest";
import type { SweepBody } from "../api/types";
import { sweepState, sweepWords } from "./sweep";

function sweep(outcome: SweepBody["outcome"], counts: Partial<SweepBody["counts"]>): SweepBody {
  const none = { missing: 0, revived: 0, stale: 0, lost: 0, rejected: 0 };
  return { outcome, counts: { ...none, ...counts } } as SweepBody;
}

test("a comparison has a word for each end", () => {
  expect(sweepState(null, false).word).toBe("Not compared yet");
  expect(sweepState(sweep("equal", {}), true).word).toBe("Comparing");
  expect(sweepState(sweep("equal", {}), false)).toEqual({ word: "The same", tone: "ok" });
  expect(sweepState(sweep("frozen", {}), false).tone).toBe("warning");
});

test("what differed is told in numbers", () => {
  expect(sweepWords(null)).toBe("");
  expect(sweepWords(sweep("equal", {}))).toBe("");
  expect(sweepWords(sweep("healed", { missing: 2, revived: 1, lost: 4 }))).toBe(
    "3 missing in the copy, 4 not in the org",
  );
});
