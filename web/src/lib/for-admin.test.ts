import { expect, test } from "vitest";
import { forAdmin } from "./for-admin";

const text = "The user may not use the API.";
const remedy = { place: "Setup > Permission Sets", path: "/lightning/setup/PermSets/home", step: "Tick API Enabled." };

test("a problem that an admin mends goes out with the place, the step and the address", () => {
  const words = forAdmin({ code: "user.no_api", text, remedy }, "https://acme.my.salesforce.com/");

  expect(words).toBe(
    [
      "The user may not use the API. (user.no_api)",
      "Setup > Permission Sets: Tick API Enabled.",
      "https://acme.my.salesforce.com/lightning/setup/PermSets/home",
    ].join("\n"),
  );
});

test("an org that is not known has no address, and some problems have no remedy", () => {
  expect(forAdmin({ code: "user.no_api", text, remedy })).not.toContain("https:");
  expect(forAdmin({ code: "oauth.refused", text, remedy: null }, "https://acme.my.salesforce.com")).toBe(
    "The user may not use the API. (oauth.refused)",
  );
});
