/** Mappings piece by piece: one suggestion, what becomes of values, what templates list, and what mapped fields lack. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, openBrowser, openContext, signInByLink } from "./harness.ts";
import { recordsIn } from "./truth.ts";
import { cardOf, connectOrg, figure, integrationIdOf, tickSObject } from "./walk.ts";

let demo: Demo;
let browser: Browser;
let page: Page;
let integration: string;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), openBrowser()]);
  page = await (await openContext(browser, { height: 1000 })).newPage();
  await signInByLink(page, demo.line.sign_in_link);
  // Half of the records that are shown have a value that wants shaping, and half have none.
  const shown = await recordsIn(demo.line.org, "SELECT Id FROM Account LIMIT 20");
  for (const [at, { Id }] of shown.entries()) await putSite(Id, at % 2 === 0 ? "Pier   4" : null);
  await connectOrg(page, demo.line.url, demo.line.org, "Lockside Trading");
  integration = integrationIdOf(page);
  await tickSObject(page, "Account");
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Writes to the org itself. */
async function putSite(id: string, site: string | null): Promise<void> {
  const { base_url, access_token } = demo.line.org;
  const answer = await fetch(`${base_url}/services/data/v66.0/sobjects/Account/${id}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
    body: JSON.stringify({ Site: site }),
  });
  expect(answer.status).toBe(204);
}

/** Goes to a step by the list of steps, so that the page keeps what it knows. */
async function goToStep(name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name }).click();
}

interface Mapping {
  entity: string;
  property: string;
  field: string;
  transform: Record<string, unknown>;
}

async function draft(): Promise<Mapping[]> {
  return (await askApi(page, `integrations/${integration}/field-mappings/draft`)).body.items ?? [];
}

async function ruleOf(sobject: string) {
  const { items } = (await askApi(page, `integrations/${integration}/sync-rules`)).body;
  return items.find((rule: { sobject: string }) => rule.sobject === sobject);
}

/** Turns to the properties of another entity. */
async function showEntity(label: string): Promise<void> {
  await page.getByText(new RegExp(`^${label} \\(\\d+\\)$`)).click();
}

const rowOf = (label: string) => page.getByRole("row").filter({ has: page.getByLabel(`Field for ${label}`) });

/** How many suggestions the page says are ready. */
async function readySuggestions(): Promise<number> {
  const [, count] =
    /^(\d+) suggestions? ready/.exec((await page.getByText(/suggestions? ready/).textContent()) ?? "") ?? [];
  return Number(count);
}

test("one suggestion is accepted, and no other", async () => {
  await goToStep("Mappings");
  await rowOf("Name").getByText("Required", { exact: true }).waitFor();
  await page.getByText(/suggestions? ready/).waitFor();
  const ready = await readySuggestions();
  expect(ready).toBeGreaterThan(2);

  await rowOf("Name").getByRole("button", { name: "Accept Account.Name" }).click();

  await expect.poll(readySuggestions).toBe(ready - 1);
  await rowOf("Name").getByText("· required").waitFor();
  await page.getByText("Kept", { exact: true }).waitFor();
  expect((await draft()).map(({ entity, property, field }) => [entity, property, field])).toEqual([
    ["company", "name", "Name"],
  ]);
});

test("suggestions follow the sObjects that are ticked", async () => {
  await showEntity("Person");
  await rowOf("First name").waitFor();
  expect(await page.getByRole("button", { name: "Accept Contact.FirstName" }).count()).toBe(0);

  await goToStep("Objects and filters");
  await tickSObject(page, "Contact");
  await goToStep("Mappings");

  await showEntity("Person");
  await rowOf("First name").getByRole("button", { name: "Accept Contact.FirstName" }).waitFor();
  await goToStep("Objects and filters");
  await page.getByLabel("Search sObjects by label or API name").fill("Contact");
  await page.getByRole("checkbox", { name: "(Contact)", exact: false }).click();
  await cardOf(page, "Which records of Contact").waitFor({ state: "hidden" });
  await goToStep("Mappings");
  await showEntity("Person");
  await rowOf("First name").waitFor();
  await page.getByRole("button", { name: "Accept Contact.FirstName" }).waitFor({ state: "hidden" });
});

test("values are trimmed, written small, mapped, taken from the first that has one, and given a default", async () => {
  await showEntity("Company");
  await page.getByRole("combobox", { name: "Field for Segment", exact: true }).click();
  await page.getByRole("option", { name: /^Account: Account Site Site / }).click();
  await page.getByRole("button", { name: "Shape the values of Segment" }).click();
  const dialog = page.getByRole("dialog", { name: "Shape the values of Segment" });
  const rows = dialog.getByRole("row").filter({ has: page.getByRole("cell") });
  const becomes = (row: Locator) => row.first().getByRole("cell").last().textContent();
  const filled = rows.filter({ hasText: "Pier" });
  const empty = rows.filter({ hasNotText: "Pier" });
  await expect.poll(() => becomes(filled)).toBe("Pier   4");

  await dialog.getByRole("checkbox", { name: "Trim" }).check();
  await expect.poll(() => becomes(filled)).toBe("Pier 4");
  await dialog.getByRole("checkbox", { name: "Lower case" }).check();
  await expect.poll(() => becomes(filled)).toBe("pier 4");

  await dialog.getByRole("button", { name: "Add a value", exact: true }).click();
  await dialog.getByLabel("Value 1 in Salesforce").fill("PIER 4");
  await dialog.getByLabel("Value 1 of the property").fill("Harbour");
  await expect.poll(() => becomes(filled)).toBe("Harbour");
  await dialog.getByLabel("Default").fill("nowhere");
  await expect.poll(() => becomes(empty)).toBe("nowhere");

  // Another field comes before the default, and is shaped like the first.
  await dialog.getByRole("combobox", { name: /take the first of$/ }).click();
  await page.getByRole("option", { name: "Account Name (Name)", exact: true }).click();
  await page.keyboard.press("Escape");
  await dialog.getByRole("columnheader", { name: "Name", exact: true }).waitFor();
  const nameOf = () => empty.first().getByRole("cell").nth(2).textContent();
  await expect.poll(async () => (await nameOf())?.length).toBeGreaterThan(3);
  const name = await nameOf();
  await expect.poll(() => becomes(empty)).toBe(name?.trim().replace(/\s+/g, " ").toLowerCase());
  await dialog.getByText("Others become empty", { exact: true }).click();
  await expect.poll(() => becomes(empty)).toBe("nowhere");
  await dialog.getByRole("button", { name: "Done" }).click();

  await rowOf("Segment")
    .getByText("else Name, trimmed, lower case, 1 value mapped, others empty, default “nowhere”")
    .waitFor();
  await page.getByText("Kept", { exact: true }).waitFor();
  expect((await draft()).find(({ property }) => property === "segment")?.transform).toEqual({
    fallbacks: ["Name"],
    trim: true,
    lower: true,
    values: [{ from: "PIER 4", to: "Harbour" }],
    others: "leave_empty",
    default: "nowhere",
  });
});

/** What the participant templates list: entity and property as they are called, and the field. */
const templates: Record<string, [string, RegExp][]> = {
  "Deals and their participants": [
    ["Name Company", /Account\.Name$/],
    ["Won Deal", /Opportunity\.IsWon$/],
    ["Closed date Deal", /Opportunity\.CloseDate$/],
    ["Created Deal", /Opportunity\.CreatedDate$/],
    ["Domain Company", /Account\.Website$/],
    ["Email Person", /Contact\.Email$/],
    ["First name Person", /Contact\.FirstName$/],
    ["Last name Person", /Contact\.LastName$/],
    ["Primary participant Person", /OpportunityContactRole\.IsPrimary$/],
    ["Participant role Person", /OpportunityContactRole\.Role$/],
    ["Sales rep email Deal", /User\.Email$/],
    ["Sales rep name Deal", /User\.Name$/],
  ],
  "More about deals and participants": [
    ["Amount Deal", /Opportunity\.Amount$/],
    ["Name Deal", /Opportunity\.Name$/],
    ["Currency Deal", /./],
    ["Lead source Deal", /Opportunity\.LeadSource$/],
    ["Opportunity ID Deal", /Opportunity\.Id$/],
    ["Won Deal", /Opportunity\.IsWon$/],
    ["Stage Deal", /Opportunity\.StageName$/],
    ["Industry Company", /Account\.Industry$/],
    ["Region Company", /./],
    ["Headcount Company", /Account\.NumberOfEmployees$/],
    ["Segment Company", /./],
    ["Outcome type Deal", /./],
    ["Annual revenue Company", /./],
    ["Product Deal", /OpportunityLineItem\.Name$/],
    ["Phone Person", /Contact\.Phone$/],
    ["Job title Person", /Contact\.Title$/],
  ],
};

test("the participant templates list the fields that they map, and use is one click", async () => {
  for (const [label, items] of Object.entries(templates)) {
    await page.getByRole("button", { name: "Use a template" }).click();
    await page.getByRole("menuitem", { name: new RegExp(`^${label}`) }).click();
    const dialog = page.getByRole("dialog", { name: label });
    const rows = dialog.getByRole("row").filter({ has: page.getByRole("cell") });
    await expect.poll(() => rows.count()).toBe(items.length);
    const cells = await rows.evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent?.trim() ?? "")),
    );
    expect(cells.map(([name]) => name)).toEqual(items.map(([property]) => property));
    for (const [property, field] of items) {
      const row = cells.find(([name]) => name === property);
      expect(row?.[1], `${label}: ${property}`).toMatch(field);
      // Where the org has no such field, the note says so.
      if (!/\w/.test(row?.[1] ?? "")) expect(row?.[2], property).toMatch(/\w{3}/);
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  }
});

test("the review names mapped fields that are not copied, and adds them", async () => {
  await goToStep("Fields");
  const fields = cardOf(page, "Fields of Account");
  await fields.getByRole("radio", { name: "Only those ticked" }).check();
  await fields.getByRole("button", { name: "Select none shown" }).click();
  const search = fields.getByLabel("Search fields by label, API name or type");
  for (const field of ["Industry", "Phone"]) {
    await search.fill(field);
    await fields.getByRole("checkbox", { name: `(${field})`, exact: false }).check();
  }
  await fields.getByText("Saved", { exact: true }).waitFor();
  await expect.poll(async () => (await ruleOf("Account")).fields).toEqual(["Industry", "Phone"]);

  await goToStep("Review");
  await page.getByText("Name, Site of Account are not copied yet.").waitFor();
  await page.getByText("Properties that they feed stay empty until they are.").waitFor();
  expect(await figure(page, "Fields").textContent()).toBe("2");
  const copied = cardOf(page, "What is copied").getByRole("row").filter({ hasText: "Account" });
  expect(await copied.getByRole("cell").nth(3).textContent()).toBe("2");
  await page.getByRole("button", { name: "Copy Name, Site" }).click();

  await page.getByText("Name, Site of Account are not copied yet.").waitFor({ state: "hidden" });
  await expect.poll(() => figure(page, "Fields").textContent()).toBe("4");
  expect([...(await ruleOf("Account")).fields].sort()).toEqual(["Industry", "Name", "Phone", "Site"]);
});

test("a required property without a field is named in the review, and does not hold it up", async () => {
  expect(await page.getByText("Required properties without a field").count()).toBe(0);
  await goToStep("Mappings");
  await page.getByRole("button", { name: "Clear: Field for Name" }).click();
  await rowOf("Name").getByText("Required", { exact: true }).waitFor();
  await page.getByText("Kept", { exact: true }).waitFor();
  await goToStep("Review");
  const notice = page.getByRole("alert").filter({ hasText: "Required properties without a field" });
  await notice.getByText("Company: Name. You can save and map them later.").waitFor();
  await page.getByRole("button", { name: "Save and start the first sync" }).click();
  await cardOf(page, "Last run").waitFor();
});

test("an sObject that mappings lack is copied after its cost was asked about", async () => {
  await page.goto(demo.at(`/integrations/${integration}/mappings`));
  await page.getByRole("button", { name: "Use a template" }).click();
  await page.getByRole("menuitem", { name: /^Deals and their participants/ }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Map \d+ properties$/ })
    .click();
  await page.getByText("OpportunityContactRole is not copied yet.").waitFor();
  await page.getByText("Its 2 mapped fields stay empty until a rule copies it.").first().waitFor();
  const copy = page.getByRole("button", { name: "Copy OpportunityContactRole", exact: true });
  await copy.click();
  const doubt = page.getByRole("dialog", { name: "Copy Opportunity Contact Role?" });
  await doubt.getByText("All its records are copied, with all fields.").waitFor();
  await doubt.getByText(/About .* API calls? for the first load/).waitFor();
  await doubt.getByRole("button", { name: "Cancel" }).click();
  await doubt.waitFor({ state: "hidden" });
  expect(await ruleOf("OpportunityContactRole")).toBeUndefined();

  await copy.click();
  await doubt.getByRole("button", { name: "Copy Opportunity Contact Role" }).click();
  await page.getByText("OpportunityContactRole is not copied yet.").waitFor({ state: "hidden" });
  expect((await ruleOf("OpportunityContactRole")).fields).toBeNull();
});
