import { expect, test } from "vitest";
import { approvalWarning } from "./approval-gauge";

test("somebody is warned before the last approval is taken, and told when all are", () => {
  expect(approvalWarning(3, 5)).toBeUndefined();
  expect(approvalWarning(4, 5)).toContain("the last before the oldest is thrown out");
  expect(approvalWarning(5, 5)).toContain("would throw out the oldest");
});
