import { describe, expect, it } from "vitest";
import {
  nextPage,
  nextSort,
  parseRecordFilter,
  previousPage,
  printRecordFilter,
  rangeWords,
  recordFilterWords,
} from "./record-filter";

describe("a filter in the URL", () => {
  it("keeps colons of its value", () => {
    const text = "CreatedDate:gte:2026-11-22T03:04:05Z";
    const filter = parseRecordFilter(text);

    expect(filter?.value).toBe("2026-11-22T03:04:05Z");
    expect(filter && printRecordFilter(filter)).toBe(text);
  });

  it("is refused where the operator is unknown", () => {
    expect(parseRecordFilter("Name:drop:x")).toBeUndefined();
    expect(parseRecordFilter("Name")).toBeUndefined();
  });

  it("reads as a sentence", () => {
    expect(recordFilterWords({ field: "Name", operator: "is_null", value: "" }, "Name")).toBe("Name is empty");
    expect(recordFilterWords({ field: "D", operator: "within", value: "last_30_days" }, "Closed")).toBe(
      "Closed is within the last 30 days",
    );
  });
});

it("sorts up, down and not at all", () => {
  expect(nextSort(undefined, "Name")).toBe("Name");
  expect(nextSort("Name", "Name")).toBe("-Name");
  expect(nextSort("-Name", "Name")).toBeUndefined();
  expect(nextSort("-Name", "Amount")).toBe("Amount");
});

describe("seek paging", () => {
  it("goes forth and back", () => {
    const second = nextPage({}, "a");
    const third = nextPage(second, "b");

    expect(third).toEqual({ page: 3, after: "b", trail: ["", "a"] });
    expect(previousPage(third)).toEqual({ page: 2, after: "a", trail: [""] });
    expect(previousPage(second)).toEqual({});
  });

  it("says where it is", () => {
    expect(rangeWords(1, 50, 50, 12_430, true)).toBe("1–50 of 12,430");
    expect(rangeWords(3, 50, 12, 112, false)).toBe("101–112 of ≈ 112");
    expect(rangeWords(1, 50, 0, 0, true)).toBe("0 of 0");
  });
});
