import { expect, test } from "vitest";
import type { EntityBody, NewFieldMappingBody, SyncRuleBody, SyncRulePreview } from "../api/types";
import { comingCompanies } from "./companies";

const rules = ["Account", "Contact"].map((sobject) => ({ sobject, label: `${sobject}s` })) as unknown as SyncRuleBody[];
const previews = [{ count: 12 }, { count: 30 }] as SyncRulePreview[];
const name: NewFieldMappingBody = { entity: "company", property: "name", sobject: "account", field: "Name" };
const property = { label: "", type: "text", required: false, sobjects: ["Account"] };
const entities: EntityBody[] = [
  {
    name: "company",
    label: "Company",
    properties: [
      { ...property, name: "name", required: true },
      { ...property, name: "domain" },
      { ...property, name: "case_status", sobjects: ["Case"] },
    ],
  },
];

test("companies are counted by the sObjects that feed them", () => {
  expect(comingCompanies(rules, previews, [name, { ...name, property: "domain" }], entities)).toEqual({
    count: 12,
    from: ["Accounts"],
  });
  expect(comingCompanies(rules, previews, [{ ...name, entity: "person", sobject: "Contact" }], entities)).toEqual({
    count: 0,
    from: [],
  });
  expect(comingCompanies(rules, [undefined, previews[1]], [name], entities).count).toBeUndefined();
});

test("a record that tells something of a company makes none", () => {
  const cases = { sobject: "Case", label: "Cases" } as unknown as SyncRuleBody;
  const last: NewFieldMappingBody = { entity: "company", property: "case_status", sobject: "Case", field: "Status" };

  expect(
    comingCompanies([...rules, cases], [...previews, { count: 150 } as SyncRulePreview], [name, last], entities),
  ).toEqual({
    count: 12,
    from: ["Accounts"],
  });
});
