import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Demo, openBrowser, openContext } from "./harness.ts";
import { countIn, printed, recordsIn } from "./truth.ts";
import { cardOf } from "./walk.ts";

/** More stops than any page has. */
const MOST_STOPS = 160;
const ACCOUNTS = "AnnualRevenue >= 1000000";

let demo: Demo;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), openBrowser()]);
  page = await (await openContext(browser)).newPage();
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** How the focus shows: an outline, a ring or another border, on the element or right around it. */
function look(target: Locator): Promise<string> {
  return target.evaluate((element) => {
    const shown = [element, element.parentElement ?? element, element.nextElementSibling ?? element];
    return shown
      .map((one) => {
        const { outlineStyle, outlineWidth, outlineColor, borderColor, boxShadow } = getComputedStyle(one);
        return [outlineStyle, outlineWidth, outlineColor, borderColor, boxShadow].join(" ");
      })
      .join("; ");
  });
}

/** Sees that the focus is on the target, in sight, and looks other than `before`. */
async function expectFocus(target: Locator, before?: string): Promise<void> {
  await expect.poll(() => target.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await target.evaluate((element) => element.matches(":focus-visible"))).toBe(true);
  const inSight = await target.evaluate((element) => {
    const { top, bottom, width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && top < window.innerHeight && bottom > 0;
  });
  expect(inSight).toBe(true);
  if (before !== undefined) await expect.poll(() => look(target)).not.toBe(before);
}

/** Presses Tab until the target has the focus. */
async function tabTo(target: Locator): Promise<void> {
  await target.waitFor();
  const before = await look(target);
  const { keyboard } = target.page();
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return expectFocus(target, before);
  }
  throw new Error(`Tab does not lead to ${target}`);
}

async function press(target: Locator, key = "Enter"): Promise<void> {
  await tabTo(target);
  await target.page().keyboard.press(key);
}

test("the whole path from the sign-in to a record goes by keyboard", { timeout: 240_000 }, async () => {
  await page.goto(demo.line.sign_in_link);
  await expectFocus(page.getByRole("button", { name: "Sign in with this link" }));
  await page.keyboard.press("Enter");
  await press(page.getByRole("main").getByRole("link", { name: "Connect Salesforce" }));

  await consent();
  await chooseRecords();
  await saveAndWatch();
  await openRecord();
});

async function consent(): Promise<void> {
  const { org } = demo.line;
  await expectFocus(page.getByLabel("Name"));
  await page.keyboard.type("Northwind Trading");
  const simulated = page.getByRole("radio", { name: "Simulated org" });
  await tabTo(simulated);
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => simulated.isChecked()).toBe(false);
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => simulated.isChecked()).toBe(true);
  const opened = page.waitForEvent("popup");
  await press(page.getByRole("button", { name: "Log in to Salesforce" }));

  const popup = await opened;
  await popup.locator("#username").waitFor();
  await expectFocus(popup.locator("#username"));
  await popup.keyboard.type(org.username);
  await tabTo(popup.locator("#password"));
  await popup.keyboard.type(org.password);
  await press(popup.locator("#Login"));
  await tabTo(popup.locator("#oaapprove"));
  const closed = popup.waitForEvent("close");
  await popup.keyboard.press("Enter");
  await closed;

  await press(page.getByRole("button", { name: "Yes, use this org" }));
  await page.waitForURL(/\/set-up\/objects$/);
}

async function chooseRecords(): Promise<void> {
  await tabTo(page.getByLabel("Search sObjects by label or API name"));
  await page.keyboard.type("Account");
  await press(page.getByRole("checkbox", { name: "Account (Account)", exact: true }), "Space");

  const card = cardOf(page, "Which records of Account");
  await press(card.getByRole("button", { name: "Add a condition" }));
  const field = card.getByRole("combobox", { name: "Field" });
  await tabToOrBack(field);
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("Annual Revenue");
  await page.getByRole("option", { name: "Annual Revenue (AnnualRevenue)" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(() => field.inputValue()).toBe("Annual Revenue (AnnualRevenue)");

  const operator = card.getByRole("combobox", { name: "Operator" });
  await tabTo(operator);
  await page.keyboard.press("Enter");
  const wanted = page.getByRole("option", { name: "is at least" });
  await wanted.waitFor();
  // Where the first step leads depends on whether the list has come to what is chosen yet.
  await expect
    .poll(async () => {
      await page.keyboard.press("ArrowDown");
      return wanted.getAttribute("data-combobox-selected");
    })
    .toBe("true");
  await page.keyboard.press("Enter");
  await expect.poll(() => operator.inputValue()).toBe("is at least");
  await tabTo(card.getByRole("textbox", { name: "Value", exact: true }));
  await page.keyboard.type("1000000");

  const count = await countIn(demo.line.org, "Account", ACCOUNTS);
  expect(count).toBeLessThan(await countIn(demo.line.org, "Account"));
  await card.getByText(`${printed(count)} records.`, { exact: true }).waitFor();
  await press(card.getByText("Show the SOQL"));
  await card.getByText(/^SELECT .* WHERE AnnualRevenue >= 1000000/s).waitFor();
}

/** What has appeared stands before the button that made it. */
async function tabToOrBack(target: Locator): Promise<void> {
  await target.waitFor();
  const before = await look(target);
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await page.keyboard.press("Shift+Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return expectFocus(target, before);
  }
  throw new Error(`Shift and Tab do not lead to ${target}`);
}

async function saveAndWatch(): Promise<void> {
  await press(page.getByRole("link", { name: "Continue to fields" }));
  await cardOf(page, "Fields of Account").waitFor();
  await press(page.getByRole("link", { name: "Continue to mappings" }));
  await press(page.getByRole("button", { name: /^Accept all/ }));
  await press(page.getByRole("link", { name: "Continue to review" }));
  await press(page.getByRole("button", { name: "Save and start the first sync" }));
  const count = printed(await countIn(demo.line.org, "Account", ACCOUNTS));
  await cardOf(page, "Last run")
    .getByText(new RegExp(`^${count} Account records read in .* ${count} new\\.$`))
    .waitFor();
  await press(page.getByRole("link", { name: "Account", exact: true }));
  await page.waitForURL(/\/data\/[^/]+\/Account$/);
}

async function openRecord(): Promise<void> {
  const { org } = demo.line;
  await tabTo(page.getByLabel("Search these records"));
  await page.keyboard.type("a");
  await page.waitForURL(/[?&]q=a/);
  await press(page.getByRole("button", { name: "Account Name" }));
  await page.locator('th[aria-sort="ascending"]').waitFor();
  await page.locator('[aria-busy="false"]').waitFor();

  const rows = page.locator("tbody [data-row]");
  await tabTo(rows.nth(0));
  await page.keyboard.press("ArrowDown");
  await expectFocus(rows.nth(1));
  await page.keyboard.press("j");
  await expectFocus(rows.nth(2));
  await page.keyboard.press("k");
  await expectFocus(rows.nth(1));
  const name = await rows.nth(1).textContent();
  await page.keyboard.press("Enter");

  const panel = page.getByRole("dialog");
  const records = await recordsIn(org, `SELECT Id, Name FROM Account WHERE ${ACCOUNTS}`);
  const truth = records.find((record) => record.Name === name);
  await panel.getByText(String(truth?.Id), { exact: true }).first().waitFor();
  await expect.poll(() => panel.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  await tabTo(panel.getByRole("link", { name: "Open in Salesforce" }));
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "hidden" });
  await expectFocus(rows.nth(1));
}
