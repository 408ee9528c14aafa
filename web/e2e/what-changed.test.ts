/** What becomes of a copy when its org changes under it, and of the access when an integration goes. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, openBrowser, openContext, signInByLink } from "./harness.ts";
import { countIn, printed } from "./truth.ts";
import { cardOf } from "./walk.ts";

const RUN = { timeout: 30_000 };

let demo: Demo;
let browser: Browser;
let page: Page;
let integration: string;
let name: string;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start({ connected: true }), openBrowser()]);
  page = await (await openContext(browser, { height: 1000 })).newPage();
  await signInByLink(page, demo.line.sign_in_link);
  ({ id: integration, name } = (await askApi(page, "integrations")).body.items[0]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Changes a field of projects as an administrator of the org does. */
function changeField(change: object): Promise<unknown> {
  return demo.control("fields", { sobject: "Project__c", ...change });
}

/** Starts a run by its button, and waits for its end. */
async function syncNow(): Promise<void> {
  await demo.control("clock", { advance_ms: 2_000 });
  const lastOf = async () => (await askApi(page, `integrations/${integration}`)).body.last_run?.id;
  const before = await lastOf();
  await page.goto(demo.at(`/integrations/${integration}`));
  await page.getByRole("button", { name: "Sync now" }).click();
  await expect.poll(lastOf, RUN).not.toBe(before);
}

test("records that are lost from the copy are found by a comparison, whose numbers are the org's", async () => {
  const contacts = await countIn(demo.line.org, "Contact");
  await loseContacts(3);
  await page.goto(demo.at(`/integrations/${integration}`));
  const drift = cardOf(page, "Compared with the org");
  const row = drift.getByRole("row").filter({ hasText: "Contact" });

  await drift.getByRole("button", { name: "Compare now" }).click();

  await row.getByText("3 missing in the copy").waitFor(RUN);
  const cells = await row.getByRole("cell").allInnerTexts();
  expect(cells.slice(0, 4)).toEqual(["Contact", "Mended", printed(contacts), printed(contacts - 3)]);
  const { items } = (await askApi(page, `integrations/${integration}/records`)).body;
  expect(items.find(({ sobject }: { sobject: string }) => sobject === "Contact").rows).toBe(contacts);
  const evidence = row.getByRole("group");
  await row.getByText("Days and checksums").click();
  const [org, copy] = await evidence.locator("code").allInnerTexts();
  expect(org).toMatch(/^[0-9a-f]{16,}$/);
  expect(copy).not.toBe(org);
  const lines = await evidence.getByText(/^\d{4}-\d\d-\d\d: /).allInnerTexts();
  const missing = lines.map((line) => line.match(/: ([\d,]+) in the org, ([\d,]+) in the copy$/) ?? []);
  const count = (text?: string) => Number(text?.replaceAll(",", ""));
  expect(missing.reduce((sum, [, inOrg, inCopy]) => sum + count(inOrg) - count(inCopy), 0)).toBe(3);
});

/** Takes rows out of the database behind the server's back, as a restored backup would. */
async function loseContacts(count: number): Promise<void> {
  const sql = `delete from simulated_org__contact where id in (select id from simulated_org__contact limit ${count});
    select changes();`;
  expect(await demo.runSql(sql)).toBe(String(count));
}

test("fields that are new, of another type or gone wait where the rule is, and on the timeline", async () => {
  await askApi(page, `integrations/${integration}/sync-rules/Project__c`, { new_fields: "ask" }, "PUT");
  await syncNow();
  await changeField({ op: "add", field: "Hall__c", like: "Web_Page__c" });
  const number = { type: "double", precision: 18, scale: 2, convert: true };
  await changeField({ op: "change", field: "Web_Page__c", ...number });
  await changeField({ op: "remove", field: "Hotline__c" });
  await syncNow();

  await page.goto(demo.at(`/integrations/${integration}/set-up/fields?sobject=Project__c`));
  await page.getByText("1 new field in the org: Hall__c.").waitFor(RUN);
  await page.getByText(/^1 field of another type: Web_Page__c \(\S+ → double\(18,2\)\)\./).waitFor();
  await page.getByText(/1 field cannot be read any more: Hotline__c \(as of .+\)\. The copied values stay/).waitFor();
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByText("1 field will be filled by the next run.").waitFor();
  await page.getByRole("button", { name: "Accept the new type" }).click();

  await expect.poll(() => stateOf("Hall__c"), RUN).toBe("filled");
  await expect.poll(() => stateOf("Web_Page__c"), RUN).toBe("filled");
  expect(await stateOf("Hotline__c")).toBe("frozen");
  await page.goto(demo.at(`/integrations/${integration}/timeline`));
  for (const told of [
    "Project__c.Hall__c is new in the org and waits for a decision",
    "The new type of Project__c.Web_Page__c was accepted",
    "Project__c.Hotline__c was removed or hidden in the org; its values stay",
  ]) {
    await page.getByText(told).first().waitFor();
  }
});

async function stateOf(field: string): Promise<string | undefined> {
  const { items } = (await askApi(page, `integrations/${integration}/sync-rules/Project__c/fields`)).body;
  return items.find((known: { field: string | null }) => known.field === field)?.state;
}

/** Deletes an integration on its page, and keeps the records. Leaves what became of the access open. */
async function deleteIntegration(id: string, called: string): Promise<void> {
  await page.goto(demo.at(`/integrations/${id}/settings`));
  await page.getByRole("button", { name: "Delete this integration" }).click();
  const asked = page.getByRole("dialog", { name: `Delete ${called}?` });
  await asked.getByLabel(`Type ${called} to confirm`).fill(called);
  await asked.getByRole("button", { name: "Delete it and keep the records" }).click();
}

test("a connection that another integration uses outlives the one that is deleted", async () => {
  const approvals = await demo.countApprovals();
  const connection = (await askApi(page, "connections")).body.items[0].id;
  const second = (await askApi(page, `connections/${connection}/integrations`, { name: "Key accounts" })).body.id;

  await deleteIntegration(second, "Key accounts");

  const deleted = page.getByRole("dialog", { name: "Deleted" });
  await deleted.getByText("Still used", { exact: true }).waitFor();
  await deleted.getByText("Another integration uses the same connection, so it stays.").waitFor();
  expect(await demo.countApprovals()).toBe(approvals);
  expect((await askApi(page, `integrations/${second}`)).status).toBe(404);
});

test("access that Salesforce has not taken back yet is pending, and is given back later", {
  timeout: 60_000,
}, async () => {
  const approvals = await demo.countApprovals();
  await demo.control("faults", { kind: "status", match: "revoke", status: 503, times: 1 });

  await deleteIntegration(integration, name);

  const deleted = page.getByRole("dialog", { name: "Deleted" });
  await deleted.getByText("Pending", { exact: true }).waitFor();
  await deleted.getByText("It is tried again until it does.").waitFor();
  expect(await demo.countApprovals()).toBe(approvals);
  await deleted.getByRole("button", { name: "Back to integrations" }).click();
  await page.getByText("No integration yet").waitFor();
  await expect.poll(() => demo.countApprovals(), RUN).toBe(approvals - 1);
});
