import { expect, it } from "vitest";
import {
  finished,
  mappingLines,
  noTransform,
  openSuggestions,
  replacedLines,
  transformWords,
  withMapping,
  withoutMapping,
  withTemplate,
} from "./mappings";

const name = {
  entity: "company",
  property: "name",
  sobject: "Account",
  field: "Name",
  transform: noTransform,
} as const;
const site = {
  entity: "company",
  property: "domain",
  sobject: "Account",
  field: "Website",
  transform: noTransform,
} as const;

it("feeds a property from one field", () => {
  const other = { ...name, field: "Legal_Name__c" };

  expect(withMapping([name, site], other)).toEqual([site, other]);
});

it("takes a mapping away", () => {
  expect(withoutMapping([name, site], { entity: "company", property: "name" })).toEqual([site]);
});

it("suggests the best field for what nothing feeds yet", () => {
  const suggestions = [
    { ...site, score: 60, why: "like the name" },
    { ...site, field: "Domain__c", score: 90, why: "by the label" },
    { ...name, score: 100, why: "by the API name" },
  ];

  expect(openSuggestions(suggestions, [name]).map(({ field }) => field)).toEqual(["Domain__c"]);
});

it("two versions are told by what differs", () => {
  const name = { entity: "company" as const, property: "name", sobject: "Account", field: "Name" };
  const mine = [name, { entity: "deal" as const, property: "stage", sobject: "Opportunity", field: "StageName" }];
  const theirs = [{ ...name, field: "Site" }];

  expect(mappingLines(mine, theirs)).toEqual([
    { label: "company.name", value: "Account.Name" },
    { label: "deal.stage", value: "Opportunity.StageName" },
  ]);
  expect(mappingLines(theirs, mine)).toEqual([
    { label: "company.name", value: "Account.Site" },
    { label: "deal.stage", value: "nothing" },
  ]);
});

it("a transform stays with its mapping and is told in words", () => {
  const transform = {
    fallbacks: ["Site"],
    trim: true,
    lower: true,
    values: [
      { from: "a", to: "b" },
      { from: "", to: "c" },
    ],
    others: "leave_empty" as const,
    default: "none",
  };

  const mappings = withMapping([name], { ...site, transform });

  expect(mappings[1]?.transform).toEqual(transform);
  expect(transformWords(transform)).toBe(
    "else Site, trimmed, lower case, 2 values mapped, others empty, default “none”",
  );
  expect(transformWords(undefined)).toBe("");
  expect(finished(mappings)[1]?.transform?.values).toEqual([{ from: "a", to: "b" }]);
  expect(mappingLines(mappings, [name])).toEqual([
    { label: "company.domain", value: expect.stringMatching(/^Account.Website, else Site/) },
  ]);
});

it("a template adds what can be mapped and leaves what is", () => {
  const item = (property: string, field: string | null) => ({
    entity: "company" as const,
    property,
    sobject: "Account",
    field,
    field_label: field,
    transform: noTransform,
    has_rule: true,
    why_not: field ? null : "Account has no field for it here.",
  });

  const next = withTemplate([name], [item("name", "Site"), item("domain", "Website"), item("segment", null)]);

  expect(next).toEqual([name, site]);
});

it("names what of saved mappings others change or remove, and not what they add", () => {
  const segment = { ...name, property: "segment", field: "Type" };

  expect(replacedLines([name, site], [{ ...name, field: "Site" }, segment])).toEqual([
    { label: "company.domain", value: "Account.Website → nothing" },
    { label: "company.name", value: "Account.Name → Account.Site" },
  ]);
  expect(replacedLines([name], [name, site])).toEqual([]);
});
