/** Two people who change the same at once: whoever comes second sees both versions, and undoes nothing unseen. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, makeGroups, openBrowser, openContext, signInByLink } from "./harness.ts";
import { cardOf } from "./walk.ts";

let demo: Demo;
let browser: Browser;
let page: Page;
let integration: string;
let name: string;
let groups: Record<string, string>;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start({ connected: true }), openBrowser()]);
  page = await (await openContext(browser, { height: 1000 })).newPage();
  await signInByLink(page, demo.line.sign_in_link);
  ({ id: integration, name } = (await askApi(page, "integrations")).body.items[0]);
  groups = await makeGroups(page, ["Sales", "Service"], ["Service"]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Both versions, told apart from all else on the page. */
async function expectBoth(what: string, theirs: string | RegExp, mine: string | RegExp): Promise<Locator> {
  const conflict = page.getByRole("alert").filter({ hasText: `Somebody else changed this ${what}` });
  await conflict.getByRole("region", { name: "As it is now" }).getByText(theirs).first().waitFor();
  await conflict.getByRole("region", { name: "As you have it" }).getByText(mine).first().waitFor();
  return conflict;
}

test("of an allotment", async () => {
  const allotted = async () => (await askApi(page, `integrations/${integration}/limits`)).body.allotment;
  await page.goto(demo.at(`/integrations/${integration}/settings`));
  const limits = cardOf(page, "API calls of the last 24 hours");
  await limits.getByLabel("Allotment of this integration").fill("5000");
  // What a colleague does meanwhile, which this page has not seen.
  await askApi(page, `integrations/${integration}/limits`, { allotment: 7_000, stop_percent: 80 }, "PUT");
  await limits.getByRole("button", { name: "Save" }).click();

  const conflict = await expectBoth("allowance", "7,000", "5,000");
  expect(await allotted()).toBe(7_000);
  await conflict.getByRole("button", { name: "Save mine instead" }).click();
  await expect.poll(allotted).toBe(5_000);
});

test("of the fields of a rule", async () => {
  const rule = async () => {
    const { items } = (await askApi(page, `integrations/${integration}/sync-rules`)).body;
    return items.find(({ sobject }: { sobject: string }) => sobject === "Case");
  };
  await page.goto(demo.at(`/integrations/${integration}/set-up/fields?sobject=Case`));
  const fields = cardOf(page, "Fields of Case");
  await fields.getByLabel("Search fields by label, API name or type").fill("Priority");
  await fields.getByRole("checkbox", { name: "(Priority)", exact: false }).click();
  await askApi(page, `integrations/${integration}/sync-rules/Case`, { fields: ["Subject", "Status"] }, "PUT");
  await fields.getByRole("button", { name: "Save these fields" }).click();

  const conflict = await expectBoth("rule", /2 fields|Subject/, /\d+ fields/);
  expect((await rule()).fields).toEqual(["Subject", "Status"]);
  await conflict.getByRole("button", { name: "Keep what is there" }).click();
  await conflict.waitFor({ state: "hidden" });
  expect((await rule()).fields).toEqual(["Subject", "Status"]);
});

test("of the name and the time zone of the workspace", async () => {
  const workspace = async () => (await askApi(page, "workspace")).body;
  await page.goto(demo.at("/settings"));
  const card = cardOf(page, "Workspace");
  await card.getByLabel("Name of the workspace").fill("Mine");
  await askApi(page, "workspace", { name: "Theirs" }, "PATCH");
  await card.getByRole("button", { name: "Save" }).click();

  const conflict = await expectBoth("workspace", "Theirs", "Mine");
  expect((await workspace()).name).toBe("Theirs");
  await conflict.getByRole("button", { name: "Save mine instead" }).click();
  await expect.poll(async () => (await workspace()).name).toBe("Mine");
  await conflict.waitFor({ state: "hidden" });
  await card.getByRole("combobox", { name: "Time zone" }).fill("Tokyo");
  await page.getByRole("option", { name: "Asia/Tokyo" }).click();
  await card.getByRole("button", { name: "Save" }).click();
  await expect.poll(async () => (await workspace()).time_zone).toBe("Asia/Tokyo");
  await page.goto(demo.at("/timeline"));
  await page.getByText("Renamed the workspace from Theirs to Mine").waitFor();
  await page.getByText(/Changed the workspace's time zone from .* to Asia\/Tokyo/).waitFor();
});

test("of the members of a group", async () => {
  const invitation = { name: "Vito Lund", email: "vito@northwind.example", role: "viewer" };
  const vito = (await askApi(page, "members", invitation)).body.member.id;
  const members = async () => {
    const { items } = (await askApi(page, "groups")).body;
    return items.find(({ id }: { id: string }) => id === groups.Service).members;
  };
  await page.goto(demo.at(`/settings/groups/${groups.Service}`));
  const who = cardOf(page, "Members").getByRole("combobox", { name: "Who is in this group" });
  await who.click();
  const option = page.getByRole("option", { name: "Vito Lund" });
  await option.waitFor();
  // Whoever makes a group is in it.
  const [me] = await members();
  await askApi(page, `groups/${groups.Service}/members`, { members: [] }, "PUT");
  await option.click();

  const conflict = await expectBoth("group", "Nobody", "Ada and Vito Lund");
  expect(await members()).toEqual([]);
  await conflict.getByRole("button", { name: "Save mine instead" }).click();
  await expect.poll(async () => (await members()).sort()).toEqual([me, vito].sort());
});

test("of the mappings", async () => {
  const path = `integrations/${integration}/field-mappings`;
  const saved = async () => (await askApi(page, path)).body.items;
  const before = await saved();
  const kept = before.map(({ entity, property, sobject, field, transform }: Record<string, unknown>) => ({
    entity,
    property,
    sobject,
    field,
    transform,
  }));
  await page.goto(demo.at(`/integrations/${integration}/mappings`));
  const remove = page.getByRole("button", { name: /^Clear: / }).first();
  await remove.click();
  await askApi(page, path, { items: kept.slice(0, -1) }, "PUT");
  await page.getByRole("button", { name: "Save mappings" }).click();

  const conflict = page.getByRole("alert").filter({ hasText: "Somebody else changed this mapping" });
  // What one took out stands in the other's.
  for (const version of ["As it is now", "As you have it"]) {
    await conflict.getByRole("region", { name: version }).locator("mark").first().waitFor();
  }
  expect(await saved()).toHaveLength(before.length - 1);
  await conflict.getByRole("button", { name: "Keep what is there" }).click();
  await conflict.waitFor({ state: "hidden" });
  expect(await saved()).toHaveLength(before.length - 1);
});

test("of an integration that two groups are given", async () => {
  await page.goto(demo.at(`/settings/groups/${groups.Sales}`));
  const connections = cardOf(page, "Connections");
  await connections.getByRole("combobox", { name: "Give it an integration of the whole workspace" }).click();
  const option = page.getByRole("option", { name });
  await option.waitFor();
  await askApi(page, `groups/${groups.Service}`, { salesforce_on: true }, "PATCH");
  await askApi(page, `integrations/${integration}/shares`, { group_id: groups.Service, groups: [] }, "PUT");
  await option.click();

  await page.getByText(`${name} belongs to Service by now`).waitFor();
  const { body } = await askApi(page, `integrations/${integration}/shares`);
  expect(body.group.id).toBe(groups.Service);
});
