import { expect, it } from "vitest";
import { reasonAgainst } from "./roles";

it("names who could do what the reader cannot", () => {
  expect(reasonAgainst("viewer", "operator")).toBe("Only operators, admins and owners can do this. You are a viewer.");
  expect(reasonAgainst("admin", "owner")).toBe("Only owners can do this. You are an admin.");
});

it("gives no reason where the role suffices", () => {
  expect(reasonAgainst("owner", "admin")).toBeUndefined();
  expect(reasonAgainst("operator", "operator")).toBeUndefined();
});
