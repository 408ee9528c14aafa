import { expect, test } from "vitest";
import { timeZones } from "./time-zones";

test("the zone that is set can be chosen again, whatever the browser calls it", () => {
  const zones = timeZones("Asia/Katmandu");

  expect(zones).toContain("Asia/Katmandu");
  expect(zones.filter((zone) => zone === "UTC")).toHaveLength(1);
  expect(zones).toContain("Europe/Berlin");
  expect([...zones].sort()).toEqual(zones);
});
