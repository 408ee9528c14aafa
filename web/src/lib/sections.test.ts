import { expect, it } from "vitest";
import { toSections } from "./sections";

it("puts fields where people look for them", () => {
  const fields = ["Name", "BillingCity", "Tier__c", "Id"].map((name) => ({
    name,
    label: name,
    type: "string",
    value: null,
  }));

  expect(toSections(fields).map(({ title }) => title)).toEqual(["Details", "Addresses", "Custom fields", "System"]);
  expect(toSections(fields.slice(0, 1))).toHaveLength(1);
});
