/** The steps between an org and its first sync: which sObjects, which records, which field feeds what. */
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, openBrowser, openContext, signInByLink } from "./harness.ts";
import { countIn, printed } from "./truth.ts";
import { cardOf, connectOrg, figure, integrationIdOf, tickSObject } from "./walk.ts";

let demo: Demo;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let integration: string;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), openBrowser()]);
  context = await openContext(browser, { height: 1000 });
  page = await context.newPage();
  await signInByLink(page, demo.line.sign_in_link);
  await connectOrg(page, demo.line.url, demo.line.org, "Lockside Trading");
  integration = integrationIdOf(page);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

const step = (name: string) => demo.at(`/integrations/${integration}/set-up/${name}`);

/** Picks an option of a select. */
async function choose(on: Page, within: Locator, label: string, option: string): Promise<void> {
  await within.getByRole("combobox", { name: label, exact: true }).click();
  await on.getByRole("option", { name: option, exact: true }).click();
}

/** Feeds a property from a field of accounts. */
async function map(on: Page, property: string, label: string, name: string): Promise<void> {
  await on.getByRole("combobox", { name: `Field for ${property}`, exact: true }).click();
  await on.getByRole("option", { name: new RegExp(`^Account: ${label} ${name} `) }).click();
}

test("sObjects are found by label and API name, and one that cannot be read says why", async () => {
  const search = page.getByLabel("Search sObjects by label or API name");
  const list = page.getByRole("group", { name: "Choices" });

  await search.fill("opportunity product");
  await list.getByText("OpportunityLineItem", { exact: true }).waitFor();
  await search.fill("project__c");
  await list.locator("label").filter({ hasText: "Project__c" }).getByText("Custom").waitFor();
  await search.fill("Project_Notice__e");
  const notice = list.locator("label").filter({ hasText: "Project_Notice__e" });
  expect(await notice.getByRole("checkbox").isDisabled()).toBe(true);
  await notice.getByText("Not readable").hover();
  await page.getByText("Salesforce publishes it and keeps no records of it").waitFor();
  await search.fill("no such thing");
  await page.getByText("Nothing matches “no such thing”.").waitFor();
  await search.fill("");
  await tickSObject(page, "Account");
  await tickSObject(page, "Contact");
});

test("a filter over another record and groups comes back as it was built", async () => {
  const card = cardOf(page, "Which records of Contact");
  const where = "Account.Industry IN ('Banking', 'Retail') AND (FirstName LIKE 'A%' OR LastName LIKE '%n')";
  const wanted = await countIn(demo.line.org, "Contact", where);
  expect(wanted).toBeGreaterThan(1);
  expect(wanted).toBeLessThan(await countIn(demo.line.org, "Contact"));

  await card.getByRole("button", { name: "Add a condition" }).click();
  await choose(page, card, "Field", "Account ›");
  const related = card.getByRole("combobox", { name: "Field of the related record, level 1" });
  await related.fill("Industry");
  await page.getByRole("option", { name: "Industry (Industry)", exact: true }).click();
  const values = card.getByRole("combobox", { name: "Values" }).or(card.getByRole("textbox", { name: "Values" }));
  await values.first().click();
  // The values of the related field's own picklist.
  for (const industry of ["Banking", "Retail"]) await page.getByRole("option", { name: industry, exact: true }).click();
  await values.first().press("Escape");

  await card.getByRole("button", { name: "Add a group" }).click();
  const group = card.getByRole("group", { name: "Group", exact: true });
  await fillText(group, 0, "FirstName", "starts with", "A");
  await group.getByRole("button", { name: "Add a condition" }).click();
  await fillText(group, 1, "LastName", "ends with", "n");

  await card.getByText(`${printed(wanted)} records.`, { exact: true }).waitFor();
  await card.getByText("Saved", { exact: true }).waitFor();
  await card.getByText(`WHERE ${where}`, { exact: true }).waitFor();
  await card.getByText(/^Look at \d+ record/).click();
  await card.getByRole("columnheader", { name: "Account.Industry" }).waitFor();
  const stored = await ruleOf("Contact");
  expect(stored.soql).toBe(where);

  // The related record's fields come last of all.
  let tellFields = () => {};
  const told = new Promise<void>((resolve) => {
    tellFields = resolve;
  });
  await page.route("**/sobjects/Account", async (route) => {
    await told;
    await route.continue();
  });
  await page.reload();
  await card.getByText(`${printed(wanted)} records.`, { exact: true }).waitFor();
  await expect.poll(() => related.getAttribute("placeholder")).toBe("Loading fields…");
  tellFields();
  await expect.poll(() => related.inputValue()).toBe("Industry (Industry)");
  expect(await group.getByRole("textbox", { name: "Value", exact: true }).nth(1).inputValue()).toBe("n");
  // An edit keeps the rest.
  await group.getByRole("textbox", { name: "Value", exact: true }).nth(1).fill("e");
  await expect.poll(async () => (await ruleOf("Contact")).soql).toBe(where.replace("%n", "%e"));
});

async function fillText(group: Locator, at: number, field: string, operator: string, value: string): Promise<void> {
  await group.getByRole("combobox", { name: "Field" }).nth(at).fill(field);
  await page.getByRole("option", { name: new RegExp(`\\(${field}\\)$`) }).click();
  await group.getByRole("combobox", { name: "Operator" }).nth(at).click();
  await page.getByRole("option", { name: operator, exact: true }).click();
  await group.getByRole("textbox", { name: "Value", exact: true }).nth(at).fill(value);
}

async function ruleOf(sobject: string): Promise<{ soql: string; fields: string[] | null }> {
  const { items } = (await askApi(page, `integrations/${integration}/sync-rules`)).body;
  return items.find((rule: { sobject: string }) => rule.sobject === sobject);
}

test("real values are shown before and after, and a template says what it lacks", async () => {
  await page.goto(step("mappings"));
  await map(page, "Name", "Account Name", "Name");
  const row = page.getByRole("row").filter({ has: page.getByLabel("Field for Name") });
  await row.getByText("20 of 20 have a value").waitFor();
  await row.getByRole("button", { name: "Shape the values of Name" }).click();
  const dialog = page.getByRole("dialog", { name: "Shape the values of Name" });
  await dialog.getByText("Lower case", { exact: true }).click();
  const first = dialog.getByRole("row").nth(1).getByRole("cell");
  const name = (await first.nth(1).textContent()) ?? "";
  await expect.poll(() => first.nth(2).textContent()).toBe(name.toLowerCase());
  await dialog.getByRole("button", { name: "Done" }).click();

  // A type that cannot fit is said at once, and nothing of it is saved.
  await map(page, "Headcount", "Account Name", "Name");
  await page.getByText(/does not fit "Headcount"/).waitFor();
  await page.getByRole("button", { name: "Clear: Field for Headcount" }).click();

  await page.getByRole("button", { name: "Use a template" }).click();
  await page.getByRole("menuitem", { name: /^Deals and their participants/ }).click();
  const template = page.getByRole("dialog", { name: "Deals and their participants" });
  await template.getByText("OpportunityContactRole.IsPrimary").waitFor();
  await template.getByText("OpportunityContactRole is not copied yet").first().waitFor();
  await template.getByText("Mapped already", { exact: true }).waitFor();
  await template.getByRole("button", { name: "Map 11 properties" }).click();
  await page.getByText("OpportunityContactRole is not copied yet.").waitFor();
  await expect
    .poll(async () => (await askApi(page, `integrations/${integration}/field-mappings/draft`)).body.items.length)
    .toBe(12);
  await page.getByText("Kept", { exact: true }).waitFor();
  expect((await askApi(page, `integrations/${integration}`)).body.status).toBe("incomplete");
});

test("a closed browser, a second tab, the back button and a deep link lose nothing", async () => {
  const elsewhere = await context.newPage();
  await elsewhere.goto(step("mappings"));
  const owner = elsewhere.getByRole("combobox", { name: "Field for Name", exact: true });
  await owner.waitFor();
  await expect.poll(() => owner.inputValue()).toBe("Account: Account Name");

  // Both change it; the second is asked which holds.
  await map(elsewhere, "Industry", "Industry", "Industry");
  await elsewhere.getByText("Kept", { exact: true }).waitFor();
  await map(page, "Segment", "Account Type", "Type");
  const conflict = page.getByRole("alert").filter({ hasText: "Somebody else changed this mapping" });
  await conflict.getByRole("region", { name: "As it is now" }).getByText("Account.Industry").waitFor();
  await conflict.getByRole("region", { name: "As you have it" }).getByText("Account.Type").waitFor();
  await conflict.getByRole("button", { name: "Keep what is there" }).click();
  await expect
    .poll(() => page.getByRole("combobox", { name: "Field for Industry", exact: true }).inputValue())
    .toBe("Account: Industry");
  await elsewhere.close();

  await page.getByRole("link", { name: "Continue to review" }).click();
  await page.waitForURL(/\/review$/);
  await expect.poll(() => figure(page, "Mapped fields").textContent()).toBe("13");
  await page.goBack();
  await page.waitForURL(/\/mappings$/);
  await page.getByRole("combobox", { name: "Field for Industry", exact: true }).waitFor();
  await page.goForward();
  await page.waitForURL(/\/review$/);
  await page.reload();

  // Another browser, straight at the last step.
  const another = await openContext(browser, { height: 1000 });
  await another.addCookies(await context.cookies());
  const late = await another.newPage();
  await late.goto(step("review"));
  await late.getByText("13 fields mapped").waitFor();
  await late.getByRole("button", { name: "Save and start the first sync" }).click();
  await late.waitForURL(new RegExp(`/integrations/${integration}$`));
  await another.close();

  const saved = (await askApi(page, `integrations/${integration}/field-mappings`)).body.items;
  const named = saved.find(
    (one: { entity: string; property: string }) => one.entity === "company" && one.property === "name",
  );
  expect(saved).toHaveLength(13);
  expect(named.transform.lower).toBe(true);
  expect((await askApi(page, `integrations/${integration}/field-mappings/draft`)).body.items).toBeNull();
});

test("what is newly mapped is offered for filling, and filled", async () => {
  const fields = (await ruleOf("Account")).fields;
  expect(fields).toBeNull();
  await page.goto(`${step("fields")}?sobject=Account`);
  const card = cardOf(page, "Fields of Account");
  await card.getByRole("radio", { name: "Only those ticked" }).check();
  await card.getByLabel("Search fields by label, API name or type").fill("Website");
  await card.getByRole("checkbox", { name: "(Website)" }).uncheck();
  await card.getByText("you would be asked about fields that come later").waitFor();
  await card.getByRole("button", { name: "Save these fields" }).click();
  await expect.poll(async () => (await ruleOf("Account")).fields?.includes("Website")).toBe(false);

  await page.goto(demo.at(`/integrations/${integration}/mappings`));
  await page.getByText("Website of Account is not copied yet.").waitFor();
  await page.getByRole("button", { name: /^Copy and fill now$|^Copy Website$/ }).click();

  await page.getByText("Website of Account is not copied yet.").waitFor({ state: "hidden" });
  expect((await ruleOf("Account")).fields).toContain("Website");
});
