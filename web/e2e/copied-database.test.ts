import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, openContext } from "./harness.ts";
import { Org, Server } from "./server.ts";
import { control, type OrgCounters } from "./truth.ts";
import { acceptTheRest, becomeOwner, cardOf, connectOrg, integrationIdOf, signInAgain, tickSObject } from "./walk.ts";

const ACCOUNTS = 12;

let org: Org;
let original: Server;
let copy: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [org, browser] = await Promise.all([Org.start("--accounts", String(ACCOUNTS)), openBrowser()]);
  [original, copy] = await Promise.all([Server.prepare(org), Server.prepare(org)]);
  page = await (await openContext(browser)).newPage();
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([original?.stop(), copy?.stop()]);
  await org?.stop();
});

test("a server on a copied database says so on every page until it is adopted", { timeout: 180_000 }, async () => {
  await becomeOwner(page, await original.startUnowned());
  await connectOrg(page, original.url, org.line, "Northwind Trading");
  const integration = integrationIdOf(page);
  await tickSObject(page, "Account");
  await acceptTheRest(page);
  await page.getByRole("button", { name: "Save and start the first sync" }).click();
  await cardOf(page, "Last run").waitFor({ timeout: 60_000 });
  await original.pause();
  await copy.copyFrom(original);
  await control(org.line, "counters/reset", {});

  copy.start();
  await signInAgain(page, copy.url);
  const banner = page.getByRole("complementary", { name: "Whose database this is" });
  await banner.getByText("calls no org and syncs nothing").waitFor();
  for (const path of [`/integrations/${integration}`, "/data", "/timeline", "/settings/members"]) {
    await page.goto(new URL(path, copy.url).href);
    await banner.getByText("towpath adopt").waitFor();
  }
  // What was copied is shown, and nobody is asked for more.
  await page.goto(new URL(`/data/${integration}/Account`, copy.url).href);
  await expect.poll(() => page.getByRole("row").count()).toBeGreaterThanOrEqual(ACCOUNTS);
  await page.goto(new URL(`/integrations/${integration}`, copy.url).href);
  await page.getByRole("button", { name: "Sync now" }).click();
  await page.getByRole("region", { name: "Messages" }).getByText("Whoever runs it decides with").waitFor();
  const { requests } = await control<OrgCounters>(org.line, "counters");
  // The question itself.
  expect(requests).toEqual({ control: 1 });
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);

  await copy.pause();
  // The original is gone for good, and this server takes its place.
  expect(await copy.run("adopt", "--yes")).toBe(0);
  copy.start();
  await signInAgain(page, copy.url);
  await cardOf(page, "Integrations").waitFor();
  expect(await banner.count()).toBe(0);
});
