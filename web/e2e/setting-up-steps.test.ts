/** The way of a group's first integration, by clicks alone: made, held up at each step until it may go on, and deleted. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, decideInOrg, openBrowser, openContext, signInByLink } from "./harness.ts";
import { recordsIn } from "./truth.ts";
import { cardOf, figure, goToOrg, integrationIdOf, tickSObject } from "./walk.ts";

let demo: Demo;
let browser: Browser;
let page: Page;
let integration: string;
/** Accounts whose names no database holds as they are. */
let broken: string[];

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), openBrowser()]);
  page = await (await openContext(browser, { height: 1000 })).newPage();
  broken = (await recordsIn(demo.line.org, "SELECT Id FROM Account LIMIT 2")).map(({ Id }) => Id);
  for (const id of broken) await nameAccount(id, "Ac\u0000me");
  await signInByLink(page, demo.line.sign_in_link);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Asserts that a button or link below the step is closed, and why. */
async function expectClosed(button: Locator, reason: string): Promise<void> {
  await page.getByRole("status").getByText(reason, { exact: true }).waitFor();
  const address = page.url();
  // A person who presses it all the same stays where they are.
  await button.click({ force: true });
  expect(await button.isDisabled()).toBe(true);
  expect(page.url()).toBe(address);
}

/** Goes to a step by the list of steps. */
async function goToStep(name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name }).click();
}

test("an integration is added from a group's Connections", async () => {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await page.getByRole("button", { name: "Make a group" }).click();
  await page.getByRole("dialog", { name: "Make a group" }).getByLabel("Name").fill("Sales");
  await page.getByRole("button", { name: "Make the group" }).click();
  const connections = cardOf(page, "Connections");
  await connections.getByRole("checkbox", { name: "Salesforce" }).click();
  await connections
    .getByRole("region", { name: "Integrations with Salesforce" })
    .getByText("No integration yet")
    .waitFor();

  await connections.getByRole("link", { name: "Add an integration" }).click();
  await page.getByText("For the group Sales.").waitFor();
  const popup = await goToOrg(page, "Lockside Trading");
  await decideInOrg(popup, demo.line.org, "allow");
  await page.getByRole("button", { name: "Yes, use this org" }).click();
  await page.waitForURL(/\/set-up\/objects$/);

  integration = integrationIdOf(page);
  const made = (await askApi(page, `integrations/${integration}`)).body;
  expect([made.name, made.group.name, made.status]).toEqual(["Lockside Trading", "Sales", "incomplete"]);
});

test("no step goes on before it may, and each says why", async () => {
  await expectClosed(page.getByRole("link", { name: "Continue to fields" }), "Choose an sObject first.");
  await goToStep("Fields");
  await expectClosed(page.getByRole("link", { name: "Continue to mappings" }), "Choose an sObject first.");
  await goToStep("Review");
  await expectClosed(page.getByRole("button", { name: "Save and start the first sync" }), "Choose an sObject first.");

  await goToStep("Objects and filters");
  await tickSObject(page, "Account");
  await page.getByRole("link", { name: "Continue to fields" }).click();
  await page.getByRole("radio", { name: "Only those ticked" }).check();
  await page.getByRole("button", { name: "Select none shown" }).click();
  await expectClosed(page.getByRole("link", { name: "Continue to mappings" }), "Tick one field at least.");
  await page.getByRole("button", { name: "Select all shown" }).click();
  await page.getByRole("link", { name: "Continue to mappings" }).click();

  await expectClosed(page.getByRole("link", { name: "Continue to groups" }), "Map one field first.");
  await goToStep("Review");
  await expectClosed(page.getByRole("button", { name: "Save and start the first sync" }), "Map one field first.");
  await goToStep("Mappings");
  await page.getByRole("button", { name: /^Accept all/ }).click();
  await page.getByRole("link", { name: "Continue to groups" }).click();
  await page.getByText("Private: Sales alone has access.").waitFor();
  await page.getByRole("link", { name: "Continue to review" }).click();
  await figure(page, "Owner group").getByText("Sales", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Save and start the first sync" }).click();

  await cardOf(page, "Last run").waitFor();
  expect((await askApi(page, `integrations/${integration}`)).body.status).toBe("active");
});

test("records with an error are read again alone, and those that are mended lose it", async () => {
  const [first = "", second = ""] = broken;
  const both = cardOf(page, "2 records of Account have an error");
  await both.getByText("text.nul").waitFor();
  await both.getByRole("link", { name: first }).waitFor();
  await nameAccount(first, "Acme");

  await both.getByRole("button", { name: "Retry" }).click();

  await page.getByText("2 records of Account read again. 1 record still has the error.").waitFor();
  const one = cardOf(page, "1 record of Account has an error");
  await one.getByRole("link", { name: second }).waitFor();
  expect(await one.getByRole("link", { name: first }).count()).toBe(0);
});

/** Writes to the org itself. */
async function nameAccount(id: string, name: string): Promise<void> {
  const { base_url, access_token } = demo.line.org;
  const answer = await fetch(`${base_url}/services/data/v66.0/sobjects/Account/${id}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
    body: JSON.stringify({ Name: name }),
  });
  expect(answer.status).toBe(204);
}

test("what is synced changes when somebody has seen what that brings, and not before", async () => {
  const rules = async () => (await askApi(page, `integrations/${integration}/sync-rules`)).body.items;
  await page.goto(demo.at(`/integrations/${integration}/set-up/objects`));
  await page.getByLabel("Search sObjects by label or API name").fill("Contact");
  const contact = page.getByRole("checkbox", { name: "(Contact)", exact: false });
  await contact.click();
  const doubt = page.getByRole("dialog", { name: "Copy Contact?" });
  await doubt.getByText(/About .* API calls? for the first load/).waitFor();
  await page.keyboard.press("Escape");
  await doubt.waitFor({ state: "hidden" });
  expect(await contact.isChecked()).toBe(false);
  expect((await rules()).length).toBe(1);
  await contact.click();
  await doubt.getByRole("button", { name: "Copy Contact" }).click();
  await cardOf(page, "Which records of Contact").waitFor();
  expect((await rules()).length).toBe(2);

  await page.goto(demo.at(`/integrations/${integration}/set-up/fields?sobject=Account`));
  const fields = cardOf(page, "Fields of Account");
  const search = fields.getByLabel("Search fields by label, API name or type");
  const fax = fields.getByRole("checkbox", { name: "(Fax)", exact: false });
  // A run may be bringing the records meanwhile.
  const versions = async () => (await rules()).map(({ version }: { version: string }) => version);
  const saved = await versions();
  await search.fill("Fax");
  await fax.click();
  await fields.getByText("1 field would not be read any more (Fax).").waitFor();
  await fields.getByText(/About .* API calls? for the first load/).waitFor();
  await fields.getByText("Not saved yet.").waitFor();
  expect(await versions()).toEqual(saved);
  await fields.getByRole("button", { name: "Undo changes" }).click();
  await fields.getByRole("button", { name: "Save these fields" }).waitFor({ state: "hidden" });
  await search.fill("Fax");
  expect(await fax.isChecked()).toBe(true);

  await fax.click();
  await fields.getByRole("button", { name: "Save these fields" }).click();
  await fields.getByText("Saved", { exact: true }).waitFor();
  const account = (await rules()).find(({ sobject }: { sobject: string }) => sobject === "Account");
  expect(account.fields).not.toContain("Fax");
  expect(account.fields).toContain("Phone");
  await page.goto(demo.at(`/integrations/${integration}`));
});

test("an integration is deleted, and Salesforce confirms that the access is gone", async () => {
  const tabs = page.getByRole("navigation", { name: "Parts of this integration" });
  await tabs.getByRole("link", { name: "Settings", exact: true }).click();
  await page.getByRole("button", { name: "Delete this integration" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete Lockside Trading?" });
  await dialog.getByText("the grant is revoked in Salesforce").waitFor();
  await dialog.getByRole("radio", { name: "Remove the records" }).check();
  const remove = dialog.getByRole("button", { name: /^Delete it and remove [\d,]+ records?$/ });
  await dialog.getByLabel("Type Lockside Trading to confirm").fill("Lockside");
  expect(await remove.isDisabled()).toBe(true);

  await dialog.getByLabel("Type Lockside Trading to confirm").fill("Lockside Trading");
  await remove.click();

  const deleted = page.getByRole("dialog", { name: "Deleted" });
  await deleted.getByText("Revoked", { exact: true }).waitFor();
  await deleted.getByText("Salesforce confirmed that our access is gone.").waitFor();
  await deleted.getByText(/^[1-9][\d,]* records were removed\.$/).waitFor();
  await deleted.getByRole("button", { name: "Back to integrations" }).click();
  await page.getByText("No integration yet").waitFor();
  expect((await askApi(page, `integrations/${integration}`)).status).toBe(404);
});
