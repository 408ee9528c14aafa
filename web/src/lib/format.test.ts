import { describe, expect, it } from "vitest";
import {
  formatCivilDate,
  formatCount,
  formatDuration,
  formatExactNumber,
  formatInstant,
  formatRelative,
  percentOf,
} from "./format";

describe("formatDuration", () => {
  it.each([
    [400, "0 s"],
    [9_000, "9 s"],
    [120_000, "2 min"],
    [125_000, "2 min 5 s"],
    [3_600_000, "1 h"],
    [12_000_000, "3 h 20 min"],
    [400_000_000, "4 days"],
  ])("says %i ms as %s", (milliseconds, words) => {
    expect(formatDuration(milliseconds)).toBe(words);
  });
});

describe("formatRelative", () => {
  const now = Date.parse("2026-11-22T12:00:00.000Z");

  it.each([
    ["2026-11-22T11:59:40.000Z", "just now"],
    ["2026-11-22T12:00:20.000Z", "in a moment"],
    ["2026-11-22T11:58:00.000Z", "2 min ago"],
    ["2026-11-22T12:13:00.000Z", "in 13 min"],
    ["2026-11-22T09:00:00.000Z", "3 h ago"],
    ["2026-11-19T12:00:00.000Z", "3 days ago"],
  ])("says %s as %s", (instant, words) => {
    expect(formatRelative(instant, now)).toBe(words);
  });
});

describe("numbers", () => {
  it("keep the digits they came with", () => {
    expect(formatExactNumber("1234567.50")).toBe("1,234,567.50");
    expect(formatExactNumber(-1200)).toBe("-1,200");
    expect(formatExactNumber("1e21")).toBe("1e21");
  });

  it("agree with their noun", () => {
    expect(formatCount(1, "field")).toBe("1 field");
    expect(formatCount(12_430, "company", "companies")).toBe("12,430 companies");
  });

  it("reach 100 percent only when all is done", () => {
    expect(percentOf(999, 1000)).toBe(99);
    expect(percentOf(1000, 1000)).toBe(100);
    expect(percentOf(5, 0)).toBe(0);
  });
});

describe("dates", () => {
  it("say the exact instant in the reader's zone", () => {
    expect(formatInstant("2026-11-22T03:04:05.000Z", "Europe/Berlin")).toBe("22 Nov 2026, 04:04:05 CET");
  });

  it("never move a civil date", () => {
    expect(formatCivilDate("2026-11-22")).toBe("22 Nov 2026");
    expect(formatCivilDate("soon")).toBe("soon");
  });
});
