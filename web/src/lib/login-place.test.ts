import { expect, it } from "vitest";
import { placeOfLogin } from "./login-place";

const environments = [
  { kind: "production" as const, host: "login.salesforce.com" },
  { kind: "sandbox" as const, host: "test.salesforce.com" },
  { kind: "custom" as const, host: null },
  { kind: "simulated" as const, host: "localhost:4601" },
];

it.each([
  ["https://login.salesforce.com", "production", ""],
  ["https://test.salesforce.com", "sandbox", ""],
  ["https://acme--uat.sandbox.my.salesforce.com", "custom", "acme--uat.sandbox.my.salesforce.com"],
  ["https://acme.my.salesforce.com", "custom", "acme.my.salesforce.com"],
  ["http://localhost:4601", "simulated", ""],
  ["", "custom", ""],
])("signs in at %s again as %s", (address, environment, host) => {
  expect(placeOfLogin(address, environments)).toEqual({ environment, host });
});
