import { describe, expect, it } from "vitest";
import { fromFilterBody, isComplete, operatorsFor, type SimpleFilter, toFilterBody } from "./sync-filter";

const types = new Map([
  ["Name", "string"],
  ["Amount", "currency"],
  ["CreatedDate", "datetime"],
  ["CloseDate", "date"],
  ["StageName", "picklist"],
  ["Regions__c", "multipicklist"],
  ["IsDeleted", "boolean"],
]);

const filters: [string, SimpleFilter][] = [
  ["text", { match: "all", conditions: [{ field: "Name", operator: "contains", values: ["50%_a\\b"] }] }],
  ["start of text", { match: "all", conditions: [{ field: "Name", operator: "starts", values: ["Acme"] }] }],
  [
    "a relative date",
    { match: "all", conditions: [{ field: "CreatedDate", operator: "gte", values: ["LAST_N_MONTHS:12"] }] },
  ],
  ["emptiness", { match: "all", conditions: [{ field: "CloseDate", operator: "not_null", values: [] }] }],
  [
    "picklist values",
    { match: "all", conditions: [{ field: "StageName", operator: "not_in", values: ["Won", "Lost"] }] },
  ],
  [
    "a multi-select",
    { match: "all", conditions: [{ field: "Regions__c", operator: "includes", values: ["EU", "US"] }] },
  ],
  [
    "several conditions",
    {
      match: "any",
      conditions: [
        { field: "Amount", operator: "gte", values: ["1000.5"] },
        { field: "IsDeleted", operator: "eq", values: ["false"] },
      ],
    },
  ],
];

describe("a simple filter", () => {
  it.each(filters)("with %s survives the way to the server and back", (_, filter) => {
    expect(fromFilterBody(toFilterBody(filter, types))).toEqual(filter);
  });

  it("sends typed values", () => {
    const filter: SimpleFilter = { match: "all", conditions: [{ field: "Amount", operator: "gt", values: ["1000"] }] };

    expect(toFilterBody(filter, types)).toEqual({
      kind: "compare",
      field: "Amount",
      operator: "gt",
      value: { type: "number", value: 1000 },
    });
  });

  it("leaves out what is not finished yet", () => {
    const filter: SimpleFilter = { match: "all", conditions: [{ field: "Amount", operator: "gt", values: [] }] };

    expect(toFilterBody(filter, types)).toBeNull();
  });
});

it("does not pretend to show a filter that nests", () => {
  const compare = { kind: "compare", field: "Name", operator: "eq", value: { type: "text", value: "x" } } as const;

  expect(fromFilterBody({ kind: "not", of: compare })).toBeUndefined();
  expect(fromFilterBody({ kind: "all", of: [{ kind: "any", of: [compare] }] })).toBeUndefined();
  expect(fromFilterBody({ kind: "like", field: "Name", pattern: "%a_b%c%" })).toBeUndefined();
});

it("offers the operators of the field's type", () => {
  expect(operatorsFor("boolean").map((operator) => operator.label)).toEqual(["is"]);
  expect(operatorsFor("date").map((operator) => operator.label)).toContain("is on or after");
  expect(operatorsFor("picklist").map((operator) => operator.value)).toContain("in");
});

it("knows an unfinished value", () => {
  expect(isComplete({ field: "Amount", operator: "eq", values: ["12a"] }, "currency")).toBe(false);
  expect(isComplete({ field: "CloseDate", operator: "eq", values: ["2026-11-22"] }, "date")).toBe(true);
  expect(isComplete({ field: "CloseDate", operator: "eq", values: ["LAST_YEAR"] }, "date")).toBe(true);
  expect(isComplete({ field: "Gone__c", operator: "is_null", values: [] }, undefined)).toBe(false);
});
