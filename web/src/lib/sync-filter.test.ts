import { describe, expect, it } from "vitest";
import type { FilterBody } from "../api/types";
import { fromFilterBody, type Group, isComplete, isWhole, operatorsFor, toFilterBody } from "./sync-filter";

const types = new Map([
  ["Name", "string"],
  ["Amount", "currency"],
  ["CreatedDate", "datetime"],
  ["CloseDate", "date"],
  ["StageName", "picklist"],
  ["Regions__c", "multipicklist"],
  ["IsDeleted", "boolean"],
  ["Account.Industry", "picklist"],
  ["Account.Owner.Manager.Name", "string"],
]);

const filters: [string, Group][] = [
  ["text", { match: "all", parts: [{ field: "Name", operator: "contains", values: ["50%_a\\b"] }] }],
  ["start of text", { match: "all", parts: [{ field: "Name", operator: "starts", values: ["Acme"] }] }],
  [
    "a relative date",
    { match: "all", parts: [{ field: "CreatedDate", operator: "gte", values: ["LAST_N_MONTHS:12"] }] },
  ],
  ["emptiness", { match: "all", parts: [{ field: "CloseDate", operator: "not_null", values: [] }] }],
  ["picklist values", { match: "all", parts: [{ field: "StageName", operator: "not_in", values: ["Won", "Lost"] }] }],
  ["a multi-select", { match: "all", parts: [{ field: "Regions__c", operator: "includes", values: ["EU", "US"] }] }],
  [
    "several conditions",
    {
      match: "any",
      parts: [
        { field: "Amount", operator: "gte", values: ["1000.5"] },
        { field: "IsDeleted", operator: "eq", values: ["false"] },
      ],
    },
  ],
  ["the end of text", { match: "all", parts: [{ field: "Name", operator: "ends", values: ["_Ltd"] }] }],
  ["a pattern", { match: "all", parts: [{ field: "Name", operator: "like", values: ["A_m%e"] }] }],
  ["several texts", { match: "all", parts: [{ field: "Name", operator: "in", values: ["A", "B"] }] }],
  [
    "fields of other records",
    {
      match: "all",
      parts: [
        { field: "Account.Industry", operator: "in", values: ["Retail"] },
        { field: "Account.Owner.Manager.Name", operator: "starts", values: ["Ada"] },
      ],
    },
  ],
  [
    "groups in groups",
    {
      match: "any",
      parts: [
        { field: "Amount", operator: "gte", values: ["1000.5"] },
        {
          match: "all",
          parts: [
            { field: "StageName", operator: "in", values: ["Won"] },
            {
              match: "none",
              parts: [
                { field: "Name", operator: "contains", values: ["test"] },
                { field: "CloseDate", operator: "eq", values: ["LAST_YEAR"] },
              ],
            },
          ],
        },
      ],
    },
  ],
  ["none of one", { match: "none", parts: [{ field: "Name", operator: "eq", values: ["x"] }] }],
  [
    "not all of some",
    {
      match: "none",
      parts: [
        {
          match: "all",
          parts: [
            { field: "Name", operator: "eq", values: ["x"] },
            { field: "Amount", operator: "lt", values: ["3"] },
          ],
        },
      ],
    },
  ],
];

describe("a simple filter", () => {
  it.each(filters)("with %s survives the way to the server and back", (_, filter) => {
    expect(fromFilterBody(toFilterBody(filter, types))).toEqual(filter);
  });

  it("sends typed values", () => {
    const filter: Group = { match: "all", parts: [{ field: "Amount", operator: "gt", values: ["1000"] }] };

    expect(toFilterBody(filter, types)).toEqual({
      kind: "compare",
      field: "Amount",
      operator: "gt",
      value: { type: "number", value: 1000 },
    });
  });

  it("leaves out what is not finished yet", () => {
    const filter: Group = { match: "all", parts: [{ field: "Amount", operator: "gt", values: [] }] };

    expect(toFilterBody(filter, types)).toBeNull();
  });
});

it("does not pretend to show what it cannot", () => {
  const compare = { kind: "compare", field: "Name", operator: "eq", value: { type: "text", value: "x" } } as const;
  const deep = (times: number): FilterBody =>
    times === 0 ? compare : { kind: "all", of: [{ kind: "any", of: [compare, deep(times - 1)] }, compare] };

  expect(fromFilterBody(deep(1))).toBeDefined();
  expect(fromFilterBody(deep(2))).toBeUndefined();
  expect(fromFilterBody({ kind: "soql", soql: "Name = 'x'" })).toBeUndefined();
  expect(fromFilterBody({ kind: "in", field: "Name", negated: false, values: [{ type: "null" }] })).toBeUndefined();
  expect(fromFilterBody({ kind: "includes", field: "Regions__c", negated: false, sets: ["A;B"] })).toBeUndefined();
});

it("a filter is whole once every part says enough", () => {
  const done = { field: "Name", operator: "eq" as const, values: ["x"] };
  const open = { field: "Account.", operator: "eq" as const, values: ["x"] };

  expect(isWhole({ match: "all", parts: [] }, types)).toBe(true);
  expect(isWhole({ match: "all", parts: [done, { match: "any", parts: [done] }] }, types)).toBe(true);
  expect(isWhole({ match: "all", parts: [done, { match: "any", parts: [] }] }, types)).toBe(false);
  expect(isWhole({ match: "all", parts: [done, { match: "any", parts: [open] }] }, types)).toBe(false);
});

it("offers the operators of the field's type", () => {
  expect(operatorsFor("boolean").map((operator) => operator.label)).toEqual(["is"]);
  expect(operatorsFor("date").map((operator) => operator.label)).toContain("is on or after");
  expect(operatorsFor("picklist").map((operator) => operator.value)).toContain("in");
  expect(operatorsFor("picklist", "like").map((operator) => operator.value)).toContain("like");
});

it("knows an unfinished value", () => {
  expect(isComplete({ field: "Amount", operator: "eq", values: ["12a"] }, "currency")).toBe(false);
  expect(isComplete({ field: "CloseDate", operator: "eq", values: ["2026-11-22"] }, "date")).toBe(true);
  expect(isComplete({ field: "CloseDate", operator: "eq", values: ["LAST_YEAR"] }, "date")).toBe(true);
  expect(isComplete({ field: "Gone__c", operator: "is_null", values: [] }, undefined)).toBe(false);
});
