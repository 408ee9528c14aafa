import { expect, test } from "vitest";
import { changeWords, fieldChangeWords, newFieldsOf, ruleWords } from "./rule-words";

test.each([
  [{ added: 0, dropped: 0 }, "The same records as now."],
  [{ added: 1, dropped: 0 }, "Compared with what is copied now, 1 record would come."],
  [{ added: 0, dropped: 1 }, "Compared with what is copied now, 1 record would be marked as left out of the filter."],
  [
    { added: 1_200, dropped: 12_430 },
    "Compared with what is copied now, 1,200 records would come, and 12,430 records would be marked as left out of the filter.",
  ],
])("%o is put into words", (change, words) => {
  expect(changeWords(change)).toBe(words);
});

const readable = ["Id", "Name", "Phone", "Fax"];

test("another choice of fields names those that come and go", () => {
  const words = (now: string[] | null, next: string[] | null) =>
    fieldChangeWords({ fields: now, newFields: "ignore" }, { fields: next, newFields: "ignore" }, readable);

  expect(words(null, readable)).toBe("The same fields as now.");
  expect(words(null, ["Id", "Name", "Phone"])).toBe(
    "Compared with what is copied now, 1 field would not be read any more (Fax).",
  );
  expect(words(["Id", "Fax"], ["Id", "Name", "Phone"])).toBe(
    "Compared with what is copied now, 2 fields would be read for all records (Name, Phone), and 1 field would not be read any more (Fax).",
  );
  const many = Array.from({ length: 1_010 }, (_, at) => `F${at}__c`);
  expect(words(["Id"], ["Id", ...many])).toContain("1,010 fields would be read for all records (F0__c, ");
  expect(words(["Id"], ["Id", ...many])).toContain("F7__c and 1,002 more)");
});

test("fields that come later follow the choice unless somebody has said what becomes of them", () => {
  expect([newFieldsOf(null, null), newFieldsOf(null, ["Id"]), newFieldsOf("ignore", null)]).toEqual([
    "add",
    "ask",
    "ignore",
  ]);
  const words = (now: Parameters<typeof newFieldsOf>, next: Parameters<typeof newFieldsOf>) =>
    fieldChangeWords({ newFields: now[0], fields: now[1] }, { newFields: next[0], fields: next[1] }, readable);

  expect(words([null, null], [null, readable])).toBe(
    "Compared with what is copied now, you would be asked about fields that come later.",
  );
  expect(words([null, readable], [null, null])).toBe(
    "Compared with what is copied now, fields that come later would be copied too.",
  );
  expect(words([null, null], ["ignore", null])).toBe(
    "Compared with what is copied now, fields that come later would be left out.",
  );
  expect(words(["add", null], [null, null])).toBe("The same fields as now.");
});

test("two versions of a rule differ in what becomes of later fields too", () => {
  const rule = { soql: null, fields: null, cadence_seconds: 900, new_fields: null };

  expect(ruleWords(rule)).toContainEqual({ label: "Fields that come later", value: "Copied too" });
  expect(ruleWords({ ...rule, new_fields: "ask" })).toContainEqual({
    label: "Fields that come later",
    value: "You are asked",
  });
});
