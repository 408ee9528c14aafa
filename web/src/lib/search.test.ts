import { expect, it } from "vitest";
import { matchesSearch } from "./search";

it("finds words over label and API name in any order", () => {
  expect(matchesSearch("acc billing", "Billing City", "Account.BillingCity")).toBe(true);
  expect(matchesSearch("acc phone", "Billing City", "Account.BillingCity")).toBe(false);
  expect(matchesSearch("  ", "anything")).toBe(true);
});
