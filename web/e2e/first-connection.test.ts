import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, decideInOrg, openBrowser, openContext, signInByLink } from "./harness.ts";
import { countIn, type OrgRecord, printed, recordsIn } from "./truth.ts";
import { acceptTheRest, cardOf, figure, goToOrg, integrationIdOf, tickSObject } from "./walk.ts";

const INDUSTRIES = ["Banking", "Technology", "Retail"];
const ACCOUNTS = "Industry IN ('Banking', 'Technology', 'Retail')";
const OPPORTUNITIES = "Amount >= 20000";

let demo: Demo;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), openBrowser()]);
  page = await (await openContext(browser, { height: 1000 })).newPage();
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

test("a person connects an org, watches the first run and looks at the rows", async () => {
  await signInByLink(page, demo.line.sign_in_link);
  await page.getByText("Connect your first org").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Connect Salesforce" }).click();

  await consent();
  const integration = integrationIdOf(page);
  const [accounts, opportunities] = await chooseRecords();
  await reviewAndSave(accounts, opportunities);
  await watchTheRun(accounts + opportunities);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Integrations" }).click();
  const row = page.getByRole("row").filter({ hasText: "Active" });
  await row.getByRole("link", { name: "Northwind Trading" }).click();

  await page.getByRole("link", { name: "Account", exact: true }).click();
  await page.waitForURL(new RegExp(`/data/${integration}/Account$`));
  await searchAndSort(accounts);
  await filterAndChooseColumns();
  await openRecords();
});

/** Allows the access on the org's own pages, and says that the org is the right one. */
async function consent(): Promise<void> {
  const { org } = demo.line;
  await page.getByText("Sign in as a user who can see everything that is to be copied").waitFor();
  await page.getByText("it takes an admin, or the right to approve apps").waitFor();
  await page.getByText("Salesforce keeps five approvals of one user for one app").waitFor();
  await page.getByText("make sure that one is free").waitFor();
  await page.getByText("The name of the org is a good one.").waitFor();
  const scopes = cardOf(page, "What Salesforce will ask you to allow").locator("dt");
  expect(await scopes.allTextContents()).toEqual(["api", "refresh_token", "id"]);
  const popup = await goToOrg(page, "Northwind Trading");
  expect(new URL(popup.url()).origin).toBe(new URL(org.base_url).origin);
  expect(await popup.evaluate(() => window.opener)).toBeNull();
  await page.getByText("Waiting for Salesforce").waitFor();
  const closed = popup.waitForEvent("close");

  await decideInOrg(popup, org, "allow");

  await closed;
  const found = cardOf(page, "Is this the right org?");
  const [truth] = await recordsIn(org, "SELECT Id, Name, OrganizationType, IsSandbox FROM Organization");
  await expectFact(found, "Org", String(truth?.Name));
  await expectFact(found, "Organization id", org.org_id);
  await expectFact(found, "Edition", String(truth?.OrganizationType));
  await expectFact(found, "Environment", new URL(org.base_url).host);
  await expectFact(found, "User", org.username);
  expect(truth?.Id).toBe(org.org_id);
  await page.getByRole("button", { name: "Yes, use this org" }).click();
  await page.waitForURL(/\/set-up\/objects$/);
  await page.getByText("Northwind Trading is connected. Choose what is copied.").waitFor();
  const { status, missing } = (await askApi(page, `integrations/${integrationIdOf(page)}`)).body;
  expect([status, missing]).toEqual(["incomplete", ["rule", "mapping"]]);
}

async function expectFact(card: Locator, term: string, words: string): Promise<void> {
  const fact = card.locator(`dt:text-is("${term}") + dd`);
  expect(await fact.textContent(), term).toContain(words);
}

/** Chooses two sObjects with a filter each. Returns how many records the org says that makes. */
async function chooseRecords(): Promise<[number, number]> {
  const { org } = demo.line;
  const accounts = await countIn(org, "Account", ACCOUNTS);
  const opportunities = await countIn(org, "Opportunity", OPPORTUNITIES);
  // A filter that takes everything or nothing would prove little.
  expect(accounts).toBeGreaterThan(2);
  expect(accounts).toBeLessThan(await countIn(org, "Account"));
  expect(opportunities).toBeGreaterThan(2);
  expect(opportunities).toBeLessThan(await countIn(org, "Opportunity"));

  await tickSObject(page, "Account");
  const account = cardOf(page, "Which records of Account");
  await account.getByText(`${printed(await countIn(org, "Account"))} records.`).waitFor();
  await addCondition(account, "Industry", "Industry (Industry)");
  const values = account.getByRole("textbox", { name: "Values" }).or(account.getByRole("combobox", { name: "Values" }));
  await values.first().click();
  for (const industry of INDUSTRIES) await page.getByRole("option", { name: industry, exact: true }).click();
  await values.first().press("Escape");
  await expectPreview(account, accounts, /WHERE Industry IN \('Banking', ?'Technology', ?'Retail'\)/);

  await tickSObject(page, "Opportunity");
  const opportunity = cardOf(page, "Which records of Opportunity");
  await addCondition(opportunity, "Amount", "Amount (Amount)");
  await choose(opportunity, "Operator", "is at least");
  await opportunity.getByRole("textbox", { name: "Value", exact: true }).fill("20000");
  await expectPreview(opportunity, opportunities, /WHERE Amount >= 20000$/);
  return [accounts, opportunities];
}

async function addCondition(card: Locator, typed: string, field: string): Promise<void> {
  await card.getByRole("button", { name: "Add a condition" }).click();
  await card.getByRole("combobox", { name: "Field" }).fill(typed);
  await page.getByRole("option", { name: field, exact: true }).click();
}

/** Picks an option of a select. */
async function choose(within: Locator, label: string, option: string): Promise<void> {
  await within.getByRole("combobox", { name: label, exact: true }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

async function expectPreview(card: Locator, count: number, soql: RegExp): Promise<void> {
  await card.getByText(`${printed(count)} records.`, { exact: true }).waitFor();
  await card.getByText("Saved", { exact: true }).waitFor();
  await card.getByText("Show the SOQL").click();
  expect((await card.locator("pre").textContent())?.trim()).toMatch(soql);
}

/** Takes fewer fields of one sObject, accepts the mappings, reads the numbers, and saves. */
async function reviewAndSave(accounts: number, opportunities: number): Promise<void> {
  await page.getByRole("link", { name: "Continue to fields" }).click();
  const fields = cardOf(page, "Fields of Account");
  await fields.getByRole("radio", { name: "Only those ticked" }).check();
  await fields.getByLabel("Search fields by label, API name or type").fill("Fax");
  await fields.getByRole("checkbox", { name: "(Fax)" }).uncheck();
  // Gone on at once: what was chosen is kept all the same.
  await page.getByRole("link", { name: "Back", exact: true }).click();
  await acceptTheRest(page);

  const review = cardOf(page, "What will happen");
  await review.getByText(`${printed(accounts + opportunities)} records of 2 sObjects are copied.`).waitFor();
  const rows = cardOf(page, "What is copied").getByRole("row");
  const account = rows.filter({ hasText: "Account" }).filter({ hasText: "Industry IN" });
  expect(await account.locator("td").nth(2).textContent()).toBe(printed(accounts));
  const opportunity = rows.filter({ hasText: "Amount >= 20000" });
  expect(await opportunity.locator("td").nth(2).textContent()).toBe(printed(opportunities));
  expect(Number(await figure(page, "Mapped fields").textContent())).toBeGreaterThan(3);

  // The rows come late, so that somebody can see the run before it ends.
  await demo.control("faults", { kind: "stall", match: "query", times: 4, bytes: 0, delay_ms: 700 });
  await page.getByRole("button", { name: "Save and start the first sync" }).click();
}

/** Sees the run under way and then its sentence, on a page that nobody reloads. */
async function watchTheRun(rows: number): Promise<void> {
  await page.getByRole("region", { name: "Syncing now" }).waitFor();
  const last = cardOf(page, "Last run");
  await last
    .getByText(new RegExp(`^${printed(rows)} records read in .+ with \\d+ calls\\. ${printed(rows)} new\\.$`))
    .waitFor();
  await last.getByText("Done", { exact: true }).first().waitFor();
  await page
    .getByText(/Up to date/)
    .first()
    .waitFor();
  await figure(page, "Records")
    .filter({ hasText: `${printed(rows)}of 2 sObjects` })
    .waitFor();
}

/** What stands in the column of that name, row by row. */
async function columnValues(name: string): Promise<string[]> {
  const table = page.locator("main table");
  const at = (await table.locator("thead th").allTextContents()).indexOf(name);
  expect(at, name).toBeGreaterThanOrEqual(0);
  return table.locator(`tbody tr td:nth-child(${at + 1})`).allTextContents();
}

function namesOf(records: OrgRecord[]): string[] {
  return records.map((record) => String(record.Name));
}

async function searchAndSort(accounts: number): Promise<void> {
  const { org } = demo.line;
  const pager = page.getByText(new RegExp(`^1–\\d+ of ${printed(accounts)}$`));
  await pager.waitFor();
  const byName = namesOf(await recordsIn(org, `SELECT Id, Name FROM Account WHERE ${ACCOUNTS}`));

  const wanted = byName[0] ?? "";
  await page.getByLabel("Search these records").fill(wanted.toLowerCase());
  await page.waitForURL(/[?&]q=/);
  const matching = byName.filter((name) => name.toLowerCase().includes(wanted.toLowerCase()));
  await page.getByText(`1–${matching.length} of ${matching.length}`, { exact: true }).waitFor();
  expect((await columnValues("Account Name")).sort()).toEqual(matching.sort());
  await page.getByLabel("Search these records").fill("");
  await pager.waitFor();

  await page.getByRole("button", { name: "Account Name" }).click();
  await page.locator('th[aria-sort="ascending"]').waitFor();
  await page.getByRole("button", { name: "Account Name" }).click();
  await page.locator('th[aria-sort="descending"]').waitFor();
  await page.locator('[aria-busy="false"]').waitFor();
  expect(await columnValues("Account Name")).toEqual(byName.sort().reverse().slice(0, 50));
}

async function filterAndChooseColumns(): Promise<void> {
  const { org } = demo.line;
  await page.getByRole("button", { name: "Columns" }).click();
  const chooser = page.getByRole("dialog");
  await chooser.getByLabel("Search columns").fill("AnnualRevenue");
  await chooser.getByRole("checkbox", { name: "Annual Revenue" }).check();
  await chooser.getByLabel("Search columns").fill("Fax");
  await chooser.getByLabel("Search columns").press("Escape");
  await page.getByRole("columnheader", { name: "Annual Revenue" }).waitFor();

  await page.getByRole("button", { name: "Filter", exact: true }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("combobox", { name: "Field" }).fill("Annual Revenue");
  await form.getByRole("option", { name: "Annual Revenue (AnnualRevenue)" }).click();
  await form.getByRole("combobox", { name: "Operator" }).click();
  await form.getByRole("option", { name: "≥" }).click();
  await form.getByLabel("Value").fill("100000000");
  await form.getByRole("button", { name: "Add the filter" }).click();
  await page.getByText("Annual Revenue ≥ 100000000").waitFor();

  const rich = await recordsIn(
    org,
    `SELECT Id, Name, AnnualRevenue FROM Account WHERE ${ACCOUNTS} AND AnnualRevenue >= 100000000`,
  );
  expect(rich.length).toBeGreaterThan(1);
  await page.getByText(`1–${Math.min(50, rich.length)} of ${rich.length}`, { exact: true }).waitFor();
  rich.sort((one, other) => (String(one.Name) < String(other.Name) ? 1 : -1));
  expect(await columnValues("Account Name")).toEqual(namesOf(rich));
  expect(await columnValues("Annual Revenue")).toEqual(rich.map((record) => printed(Number(record.AnnualRevenue))));
}

/** Opens a record, finds the same after a reload and by the back button, and takes the filter away. */
async function openRecords(): Promise<void> {
  const { org } = demo.line;
  const address = page.url();
  const [name = ""] = await columnValues("Account Name");
  const [truth] = await recordsIn(
    org,
    `SELECT Id, Phone, AnnualRevenue FROM Account WHERE Name = '${name}' AND ${ACCOUNTS}`,
  );
  await page.getByRole("button", { name, exact: true }).click();
  const panel = page.getByRole("dialog");
  await panel.getByText(String(truth?.Id), { exact: true }).first().waitFor();
  expect(await panel.getByRole("link", { name: "Open in Salesforce" }).getAttribute("href")).toBe(
    `${org.base_url}/${truth?.Id}`,
  );
  const revenue = panel.locator("dl > div").filter({ hasText: "AnnualRevenue" }).locator("dd");
  expect(await revenue.textContent()).toBe(printed(Number(truth?.AnnualRevenue)));
  // What was unticked among the fields was not copied.
  expect(await panel.getByText("Fax", { exact: true }).count()).toBe(0);

  await page.reload();
  await panel.getByText(String(truth?.Id), { exact: true }).first().waitFor();
  await page.getByText("Annual Revenue ≥ 100000000").waitFor();
  await page.locator('th[aria-sort="descending"]').waitFor();

  await page.goBack();
  await panel.waitFor({ state: "hidden" });
  expect(page.url()).toBe(address);
  await page.getByText("Annual Revenue ≥ 100000000").waitFor();

  await page.getByRole("button", { name: "Take away the filter: Annual Revenue ≥ 100000000" }).click();
  await page.getByText(new RegExp(`of ${printed(await countIn(org, "Account", ACCOUNTS))}$`)).waitFor();
  await page.goBack();
  await page.getByText("Annual Revenue ≥ 100000000").waitFor();
}
