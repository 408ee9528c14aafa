import { expect, test } from "vitest";
import { hiddenWords } from "./other-user";

test("a whole object is told from some of its fields, and many fields are counted", () => {
  expect(hiddenWords("Case", [])).toBe("Case, the whole object");
  expect(hiddenWords("Account", ["Phone"])).toBe("Account, the field Phone");
  const many = Array.from({ length: 14 }, (_, at) => `F${at}__c`);
  expect(hiddenWords("Account", many)).toContain("F11__c and 2 more fields");
});
