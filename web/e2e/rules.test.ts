/** Rules of an integration that is synced: what a change brings, and two people who change the same. */
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, openBrowser, openContext, signInByLink } from "./harness.ts";
import { countIn, printed } from "./truth.ts";
import { cardOf, figure } from "./walk.ts";

let demo: Demo;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let integration: string;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start({ connected: true }), openBrowser()]);
  context = await openContext(browser, { height: 1000 });
  page = await context.newPage();
  await signInByLink(page, demo.line.sign_in_link);
  integration = (await askApi(page, "integrations")).body.items[0].id;
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

const step = (name: string) => demo.at(`/integrations/${integration}/set-up/${name}`);

async function ruleOf(sobject: string) {
  const { items } = (await askApi(page, `integrations/${integration}/sync-rules`)).body;
  return items.find((rule: { sobject: string }) => rule.sobject === sobject);
}

/** Changes a rule as a colleague does whom this page knows nothing of. */
function change(sobject: string, rule: object) {
  return askApi(page, `integrations/${integration}/sync-rules/${sobject}`, rule, "PUT");
}

/** Picks an option of a select. */
async function choose(within: Locator, label: string, option: string): Promise<void> {
  await within.getByRole("combobox", { name: label, exact: true }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

test("the set-up without a step begins with the first", async () => {
  await page.goto(demo.at("/integrations"));
  await page.getByRole("heading", { name: "Integrations", level: 1 }).waitFor();
  await page.goto(demo.at(`/integrations/${integration}/set-up`));
  await page.waitForURL(/\/set-up\/objects$/);
  await cardOf(page, "Which records of Account").waitFor();
  await page.goBack();
  await page.waitForURL(/\/integrations$/);
});

test("an edit of a filter says how many records it would add and drop", async () => {
  const industry = (values: string[]) => ({
    filter: {
      kind: "in",
      field: "Industry",
      negated: false,
      values: values.map((value) => ({ type: "text", value })),
    },
  });
  expect((await change("Account", industry(["Banking", "Retail"]))).status).toBe(200);
  const [banking, energy] = await Promise.all(
    ["Banking", "Energy"].map((one) => countIn(demo.line.org, "Account", `Industry = '${one}'`)),
  );
  expect(Math.min(banking ?? 0, energy ?? 0)).toBeGreaterThan(1);
  await page.goto(step("objects"));
  const card = cardOf(page, "Which records of Account");
  const values = card.getByRole("combobox", { name: "Values" }).or(card.getByRole("textbox", { name: "Values" }));

  await values.first().click();
  await page.getByRole("option", { name: "Energy", exact: true }).click();
  await card
    .getByText(`Compared with what is copied now, ${printed(energy ?? 0)} records would come.`, { exact: true })
    .waitFor();
  await page.getByRole("option", { name: "Banking", exact: true }).click();
  await values.first().press("Escape");

  const dropped = `${printed(banking ?? 0)} records would be marked as left out of the filter`;
  await card
    .getByText(`Compared with what is copied now, ${printed(energy ?? 0)} records would come, and ${dropped}.`, {
      exact: true,
    })
    .waitFor();
  expect((await ruleOf("Account")).soql).toBe("Industry IN ('Banking', 'Retail')");
  await card.getByRole("button", { name: "Undo changes" }).click();
  await card.getByText(/would come/).waitFor({ state: "hidden" });
});

test("a date that moves with the calendar says whose time zone counts, and is saved as it is", async () => {
  await page.goto(step("objects"));
  const card = cardOf(page, "Which records of Contact");
  await card.getByRole("button", { name: "Add a condition" }).click();
  expect(await card.getByRole("combobox", { name: "Field" }).inputValue()).toContain("CreatedDate");
  const value = card.getByRole("combobox", { name: "Value", exact: true });
  expect(await card.getByText(/time zone/).count()).toBe(0);

  await choose(card, "Value", "Last 12 months");
  await card.getByText("Counted in the time zone of the Salesforce user.").waitFor();
  const described = (await value.getAttribute("aria-describedby")) ?? "";
  expect(await page.locator(`[id="${described.split(" ")[0]}"]`).textContent()).toContain("time zone");
  const recent = await countIn(demo.line.org, "Contact", "CreatedDate >= LAST_N_MONTHS:12");
  await card.getByText(`${printed(recent)} ${recent === 1 ? "record" : "records"}.`, { exact: true }).waitFor();
  await card.getByRole("button", { name: "Save this rule" }).click();
  await card.getByText("Saved", { exact: true }).waitFor();
  expect((await ruleOf("Contact")).soql).toBe("CreatedDate >= LAST_N_MONTHS:12");

  await page.reload();
  await expect.poll(() => value.inputValue()).toBe("Last 12 months");
  await choose(card, "Value", "A date and time…");
  await card.getByText(/^In your time zone, \S+\.$/).waitFor();
  expect(await card.getByText("Counted in the time zone").count()).toBe(0);
});

test("what becomes of fields that come later is chosen beside the fields", async () => {
  await page.goto(`${step("fields")}?sobject=Opportunity`);
  const card = cardOf(page, "Fields of Opportunity");
  const later = card.getByRole("combobox", { name: "Fields that the org gets later" });
  await expect.poll(() => later.inputValue()).toBe("Copied too");
  await choose(card, "Fields that the org gets later", "Left out");
  await card.getByText("Compared with what is copied now, fields that come later would be left out.").waitFor();
  expect((await ruleOf("Opportunity")).new_fields).toBeNull();
  await card.getByRole("button", { name: "Save these fields" }).click();
  await card.getByText("Saved", { exact: true }).waitFor();

  const saved = await ruleOf("Opportunity");
  expect([saved.new_fields, saved.fields]).toEqual(["ignore", null]);
  await page.reload();
  await expect.poll(() => later.inputValue()).toBe("Left out");

  // A colleague has said something else meanwhile.
  await change("Opportunity", { new_fields: "add" });
  await choose(card, "Fields that the org gets later", "You are asked");
  await card.getByRole("button", { name: "Save these fields" }).click();
  const conflict = card.getByRole("alert").filter({ hasText: "Somebody else changed this rule" });
  await conflict.getByRole("region", { name: "As it is now" }).getByText("Copied too").waitFor();
  await conflict.getByRole("region", { name: "As you have it" }).getByText("You are asked").waitFor();
  await conflict.getByRole("button", { name: "Save mine instead" }).click();
  await expect.poll(async () => (await ruleOf("Opportunity")).new_fields).toBe("ask");
});

test("a rule that a colleague changed is not deleted unseen", async () => {
  await page.goto(step("objects"));
  const search = page.getByLabel("Search sObjects by label or API name");
  const tick = page.getByRole("checkbox", { name: "(Case)", exact: false });
  await search.fill("Case");
  await tick.click();
  const doubt = page.getByRole("dialog", { name: "Stop copying Case?" });
  await doubt.waitFor();
  await change("Case", { cadence_seconds: 21_600 });
  await doubt.getByRole("button", { name: "Stop copying Case" }).click();

  const conflict = page.getByRole("alert").filter({ hasText: "Somebody else changed this rule for Case" });
  await conflict.getByRole("region", { name: "As it is now" }).getByText("Every 6 h").waitFor();
  await conflict.getByRole("region", { name: "As you have it" }).getByText("None: the rule is deleted").waitFor();
  expect(await ruleOf("Case")).toBeDefined();
  await conflict.getByRole("button", { name: "Keep what is there" }).click();
  await conflict.waitFor({ state: "hidden" });
  expect(await tick.isChecked()).toBe(true);

  await tick.click();
  await doubt.waitFor();
  await change("Case", { cadence_seconds: 3_600 });
  await doubt.getByRole("button", { name: "Stop copying Case" }).click();
  await conflict.getByRole("region", { name: "As it is now" }).getByText("Every hour").waitFor();
  await conflict.getByRole("button", { name: "Save mine instead" }).click();
  await conflict.waitFor({ state: "hidden" });
  await expect.poll(() => ruleOf("Case")).toBeUndefined();
  await expect.poll(() => tick.isChecked()).toBe(false);
});

test("the review says what a draft would undo of what is saved", async () => {
  const path = `integrations/${integration}/field-mappings`;
  const { items } = (await askApi(page, path)).body;
  const kept = items.map(({ entity, property, sobject, field, transform }: Record<string, unknown>) => ({
    entity,
    property,
    sobject,
    field: property === "domain" ? "Site" : field,
    transform,
  }));
  const draft = kept.filter(({ property }: { property: string }) => property !== "industry");
  expect(draft.length).toBe(items.length - 1);
  await page.goto(step("review"));
  await figure(page, "Mapped fields").getByText(String(items.length), { exact: true }).waitFor();
  expect(await page.getByText(/^Saving changes or removes/).count()).toBe(0);

  expect((await askApi(page, `${path}/draft`, { items: draft }, "PUT")).status).toBe(200);
  await page.reload();
  await page.getByText("Saving changes or removes 2 mappings that are saved now.").waitFor();
  await page.getByText("Look at them").click();
  await page.getByText("company.domain: Account.Website → Account.Site").waitFor();
  await page.getByText("company.industry: Account.Industry → nothing").waitFor();
});
