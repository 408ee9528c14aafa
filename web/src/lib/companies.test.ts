import { expect, test } from "vitest";
import type { NewFieldMappingBody, SyncRuleBody, SyncRulePreview } from "../api/types";
import { comingCompanies } from "./companies";

const rules = ["Account", "Contact"].map((sobject) => ({ sobject, label: `${sobject}s` })) as unknown as SyncRuleBody[];
const previews = [{ count: 12 }, { count: 30 }] as SyncRulePreview[];
const name: NewFieldMappingBody = { entity: "company", property: "name", sobject: "account", field: "Name" };

test("companies are counted by the sObjects that feed them", () => {
  expect(comingCompanies(rules, previews, [name, { ...name, property: "domain" }])).toEqual({
    count: 12,
    from: ["Accounts"],
  });
  expect(comingCompanies(rules, previews, [{ ...name, entity: "person", sobject: "Contact" }])).toEqual({
    count: 0,
    from: [],
  });
  expect(comingCompanies(rules, [undefined, previews[1]], [name]).count).toBeUndefined();
});
