import { expect, test } from "vitest";
import { cadenceChoices, cadenceWords } from "./cadence";

test("a cadence is said in words", () => {
  expect([60, 900, 3_600, 7_200, 86_400].map(cadenceWords)).toEqual([
    "Every minute",
    "Every 15 min",
    "Every hour",
    "Every 2 h",
    "Once a day",
  ]);
});

test("a cadence that nobody offers stays among the choices", () => {
  expect(cadenceChoices(900)).toHaveLength(8);
  expect(cadenceChoices(7_200).map(({ value }) => value)).toEqual([
    "60",
    "300",
    "900",
    "1800",
    "3600",
    "7200",
    "21600",
    "86400",
    "604800",
  ]);
});
