/** What only a walk shows: the ways of connecting, an integration that is being set up, and open dialogs. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectNoFaults } from "./accessibility.ts";
import { askApi, Demo, decideInOrg, openBrowser, openContext, signInByLink } from "./harness.ts";
import { cardOf, goToOrg, integrationIdOf, tickSObject } from "./walk.ts";

let demo: Demo;
let browser: Browser;
let page: Page;
let integration: string;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), openBrowser()]);
  page = await (await openContext(browser)).newPage();
  await signInByLink(page, demo.line.sign_in_link);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

const tab = (name: string) => demo.at(`/integrations/${integration}${name}`);
const step = (name: string) => tab(`/set-up/${name}`);

/** Looks at a dialog once it is open, and closes it. */
async function lookAtDialog(name: string | RegExp, loaded?: RegExp): Promise<void> {
  const dialog = page.getByRole("dialog", { name });
  await dialog.waitFor();
  if (loaded) await dialog.getByText(loaded).first().waitFor();
  await expectNoFaults(page, String(name));
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
}

test("each way of connecting", async () => {
  await page.goto(demo.at("/integrations/new"));
  for (const environment of ["Production", "Sandbox", "Custom domain", "Simulated org"]) {
    await page.getByRole("radio", { name: environment }).check();
    await expectNoFaults(page, environment);
  }
  for (const way of ["The app, with a certificate", "The app, as itself", "A person signs in"]) {
    await page.getByRole("radio", { name: way }).check();
    const closed = page.locator("main details:not([open]) > summary:visible");
    while ((await closed.count()) > 0) await closed.first().click();
    await expectNoFaults(page, way);
  }
});

test("a walk that is declined, and one that is confirmed", async () => {
  await page.goto(demo.at("/integrations/new"));
  const declined = await goToOrg(page, "Lockside Trading");
  await page.getByRole("status").first().waitFor();
  await expectNoFaults(page, "waiting");
  await decideInOrg(declined, demo.line.org, "deny");
  await page.getByRole("alert").filter({ hasText: "connect.declined" }).waitFor();
  await expectNoFaults(page, "declined");

  await page.goto(demo.at("/integrations/new"));
  const popup = await goToOrg(page, "Lockside Trading");
  await decideInOrg(popup, demo.line.org, "allow");
  await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
  await expectNoFaults(page, "found");
  await page.getByRole("button", { name: "Yes, use this org" }).click();
  await page.waitForURL(/\/set-up\/objects$/);
  integration = integrationIdOf(page);
});

test("an integration that is Incomplete", async () => {
  for (const name of ["", "/runs", "/rules", "/mappings", "/timeline", "/settings"]) {
    await page.goto(tab(name));
    await page.getByText("Incomplete", { exact: true }).first().waitFor();
    await settle();
    await expectNoFaults(page, name);
  }
  for (const name of ["objects", "fields", "mappings", "groups", "review"]) {
    await page.goto(step(name));
    await page.getByRole("navigation", { name: "Steps" }).waitFor();
    await settle();
    await expectNoFaults(page, name);
  }
});

async function settle(): Promise<void> {
  await expect.poll(() => page.locator(".mantine-Skeleton-root:visible").count()).toBe(0);
}

test("what is filled in while setting up", async () => {
  await page.goto(step("objects"));
  await tickSObject(page, "Account");
  const card = cardOf(page, "Which records of Account");
  await card.getByRole("button", { name: "Add a condition" }).click();
  await card.getByRole("button", { name: "Add a group" }).click();
  await card.getByRole("combobox", { name: "Value", exact: true }).first().click();
  await page.getByRole("option", { name: "This year", exact: true }).click();
  await card.getByText("Counted in the time zone of the Salesforce user.").waitFor();
  await expectNoFaults(page, "filter");
  await page.goto(step("mappings"));
  await page.getByRole("button", { name: /^Accept all/ }).click();
  await page
    .getByText(/of 20 have a value/)
    .first()
    .waitFor();
  await expectNoFaults(page, "mappings");
  await page.getByRole("button", { name: "Shape the values of Name" }).click();
  const shape = page.getByRole("dialog", { name: "Shape the values of Name" });
  await shape.getByRole("button", { name: "Add a value", exact: true }).click();
  await lookAtDialog("Shape the values of Name", /Records of the org/);
  await page.getByRole("button", { name: "Use a template" }).click();
  await page.getByRole("menuitem", { name: /^Deals and their participants/ }).click();
  await page.getByText("OpportunityContactRole.IsPrimary").waitFor();
  await page.getByRole("button", { name: /^Map \d+ properties$/ }).click();
  await page.getByText("OpportunityContactRole is not copied yet.").waitFor();
  await expectNoFaults(page, "gaps");
  await page.getByText("Kept", { exact: true }).waitFor();
  await page.goto(step("review"));
  await page.getByText("OpportunityContactRole is not copied yet.").waitFor();
  await expectNoFaults(page, "review");
  await page.getByRole("button", { name: "Save and start the first sync" }).click();
  await cardOf(page, "Last run").waitFor();
});

test("questions of an integration that is synced", async () => {
  await page.goto(step("objects"));
  const search = page.getByLabel("Search sObjects by label or API name");
  await search.fill("Campaign");
  await page.getByRole("checkbox", { name: "(Campaign)", exact: false }).click();
  await lookAtDialog("Copy Campaign?", /About .* API calls? for the first load/);
  await search.fill("Account");
  await page.getByRole("checkbox", { name: "(Account)", exact: false }).click();
  const stop = page.getByRole("dialog", { name: "Stop copying Account?" });
  await stop.waitFor();
  await expectNoFaults(page, "Stop copying Account?");
  const rule = `integrations/${integration}/sync-rules/Account`;
  await askApi(page, rule, { cadence_seconds: 3_600 }, "PUT");
  await stop.getByRole("button", { name: "Stop copying Account" }).click();
  await page.getByRole("alert").filter({ hasText: "Somebody else changed this rule for Account" }).waitFor();
  await expectNoFaults(page, "two versions");
  await page.goto(`${step("fields")}?sobject=Account`);
  await page.getByLabel("Search fields by label, API name or type").fill("Fax");
  await page.getByRole("checkbox", { name: "(Fax)", exact: false }).click();
  await page.getByText("Not saved yet.").waitFor();
  await page.getByText(/About .* API calls? for the first load/).waitFor();
  await expectNoFaults(page, "fields");
  await page.goto(tab("/mappings"));
  await page.getByRole("button", { name: "Copy OpportunityContactRole", exact: true }).click();
  await lookAtDialog("Copy Opportunity Contact Role?", /About .* API calls? for the first load/);
  await page.goto(tab("/settings"));
  await page.getByRole("button", { name: "Delete this integration" }).click();
  await lookAtDialog("Delete Lockside Trading?", /the grant is revoked in Salesforce/);
});

test("dialogs of other pages", async () => {
  await page.goto(demo.at("/"));
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  await page.keyboard.press("?");
  await lookAtDialog("Keys");
  await page.getByRole("button", { name: "What is this?" }).click();
  await page.getByRole("link", { name: "Read more" }).waitFor();
  await expectNoFaults(page, "What is this?", [1280]);
  await page.goto(demo.at("/settings/groups"));
  await page.getByRole("button", { name: "Make a group" }).click();
  await lookAtDialog("Make a group");
  await page.goto(demo.at("/settings/members"));
  await page.getByRole("button", { name: "Invite a member" }).click();
  await lookAtDialog("Invite a member");
});
