import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, openContext } from "./harness.ts";
import { Org, Server } from "./server.ts";
import { control, countIn, type OrgCall, type OrgCounters, printed } from "./truth.ts";
import { acceptTheRest, becomeOwner, cardOf, connectOrg, figure, integrationIdOf, tickSObject } from "./walk.ts";

/** 23 pages, the last not full. */
const PROJECTS = 4_500;
const ACCOUNTS = 40;
/** Where two custom long texts are selected a page of the REST API holds no more (SOAP API Developer Guide, Change the Batch Size in Queries). */
const PAGE_ROWS = 200;
/** Pages that come before one that does not. */
const PAGES_READ = 20;
/** What all pages but the first are asked for with. */
const NEXT_PAGE = "FROM+Project__c+WHERE+Id+%3E";
const NOT_BY_BULK = {
  kind: "status",
  match: "bulk_create",
  status: 400,
  body: `[{"errorCode":"INVALIDENTITY","message":"Entity 'Project__c' is not supported by the Bulk API."}]`,
};

let org: Org;
let server: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [org, browser] = await Promise.all([
    Org.start("--projects", String(PROJECTS), "--accounts", String(ACCOUNTS)),
    openBrowser(),
  ]);
  server = await Server.prepare(org);
  page = await (await openContext(browser)).newPage();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await org?.stop();
});

test("a killed server goes on with its run, and the page that watches shows it", { timeout: 300_000 }, async () => {
  await becomeOwner(page, await server.startUnowned());
  await connectOrg(page, server.url, org.line, "Northwind Trading");
  const integration = integrationIdOf(page);
  await tickSObject(page, "Account");
  await tickSObject(page, "Project__c");
  await acceptTheRest(page);
  // Projects are read in pages of the REST API, and one does not come: the run is surely under way at the end.
  await control(org.line, "faults", NOT_BY_BULK);
  await control(org.line, "faults", {
    kind: "stall",
    match: NEXT_PAGE,
    nth: PAGES_READ,
    bytes: 2_000,
    delay_ms: 600_000,
  });
  // Setting up looks at a few records, and has done so once the review has counted them all.
  const counted = printed(PROJECTS + ACCOUNTS);
  await page.getByText(`${counted} records of 2 sObjects are copied. Salesforce is only read.`).waitFor();
  const { rows: looked } = await control<OrgCounters>(org.line, "counters");
  await page.getByRole("button", { name: "Save and start the first sync" }).click();
  await page.waitForURL(new RegExp(`/integrations/${integration}$`));
  const running = page.getByRole("region", { name: "Syncing now" });
  const read = printed(PAGES_READ * PAGE_ROWS + ACCOUNTS);
  await running
    .getByText(`${read} of ${printed(PROJECTS + ACCOUNTS)} records read.`)
    .first()
    .waitFor({ timeout: 60_000 });
  const accounts = cardOf(page, "Each sObject").getByRole("row").filter({ hasText: "Account" });
  await accounts.getByRole("cell", { name: String(ACCOUNTS), exact: true }).waitFor();
  await page.evaluate(() => Object.assign(window, { neverReloaded: true }));
  const [before] = await runs(integration);
  const requestsBefore = (await calls()).length;

  const unanswered = page.waitForEvent("requestfailed");
  await server.kill();
  await unanswered;
  expect(await running.count()).toBe(1);
  server.start();

  const last = cardOf(page, "Last run");
  const whole = printed(PROJECTS + ACCOUNTS);
  await last.getByText(new RegExp(`^${whole} records read in .+ ${whole} new\\.$`)).waitFor({ timeout: 120_000 });
  expect(await page.evaluate(() => "neverReloaded" in window)).toBe(true);
  await figure(page, "Records")
    .filter({ hasText: `${whole}of 2 sObjects` })
    .waitFor();

  const all = await runs(integration);
  expect(all).toMatchObject([{ id: before?.id, outcome: "succeeded", counts: { rejected: 0, updated: 0, gone: 0 } }]);
  await expectWholeCopy(integration);
  await expectNothingReadTwice(requestsBefore, looked);
});

interface Run {
  id: string;
  outcome: string | null;
}

async function ask<Answer>(path: string): Promise<Answer> {
  const answer = await page.request.get(`${server.url}/api/v1/${path}`);
  expect(answer.status(), path).toBe(200);
  return (await answer.json()) as Answer;
}

async function runs(integration: string): Promise<Run[]> {
  return (await ask<{ items: Run[] }>(`integrations/${integration}/runs`)).items;
}

/** No row is lost and none doubled: the counts are the org's, as a whole and for each status of a project. */
async function expectWholeCopy(integration: string): Promise<void> {
  const { items } = await ask<{ items: { sobject: string; rows: number }[] }>(`integrations/${integration}/records`);
  const counts = new Map(items.map(({ sobject, rows }) => [sobject, rows]));
  expect(counts).toEqual(
    new Map([
      ["Account", ACCOUNTS],
      ["Project__c", PROJECTS],
    ]),
  );
  let seen = 0;
  for (const status of ["Planned", "Active", "On Hold", "Completed", "Abandoned"]) {
    const filter = encodeURIComponent(`Status__c:eq:${status}`);
    const { total } = await ask<{ total: number }>(`integrations/${integration}/records/Project__c?filter=${filter}`);
    expect(total, status).toBe(await countIn(org.line, "Project__c", `Status__c = '${status}'`));
    seen += total;
  }
  expect(seen).toBe(PROJECTS);
}

function calls(): Promise<OrgCall[]> {
  return control(org.line, "log?limit=1000");
}

/** The pages that were committed before the end were not asked for again. */
async function expectNothingReadTwice(requestsBefore: number, looked: OrgCounters["rows"]): Promise<void> {
  const { rows } = await control<OrgCounters>(org.line, "counters");
  const read = (sobject: string) => (rows[sobject] ?? 0) - (looked[sobject] ?? 0);
  expect([read("Project__c"), read("Account")]).toEqual([PROJECTS, ACCOUNTS]);
  const later = (await calls()).slice(requestsBefore);
  expect(later.filter(({ path }) => path.includes("FROM+Project__c+ORDER"))).toEqual([]);
  const pages = later.filter(({ path }) => path.includes(NEXT_PAGE));
  expect(pages).toHaveLength(Math.ceil(PROJECTS / PAGE_ROWS) - PAGES_READ);
  expect(pages.every(({ status, complete }) => status === 200 && complete)).toBe(true);
}
