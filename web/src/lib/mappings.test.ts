import { expect, it } from "vitest";
import { mappingLines, openSuggestions, withMapping, withoutMapping } from "./mappings";

const name = { entity: "company", property: "name", sobject: "Account", field: "Name" } as const;
const site = { entity: "company", property: "domain", sobject: "Account", field: "Website" } as const;

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
