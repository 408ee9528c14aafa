/** A server that knows no app: an org is connected by an app of its own, and again by the same. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, decideInOrg, openBrowser, openContext } from "./harness.ts";
import { Org, Server } from "./server.ts";
import { becomeOwner, integrationIdOf, losePage } from "./walk.ts";

let org: Org;
let server: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [org, browser] = await Promise.all([Org.start("--accounts", "20"), openBrowser()]);
  server = await Server.prepare(org, { knowsApp: false });
  page = await (await openContext(browser, { height: 1000 })).newPage();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await org?.stop();
});

/** Presses the button that opens Salesforce, and says yes there. */
async function logIn(): Promise<void> {
  const popup = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Log in to Salesforce" }).click();
  await decideInOrg(await popup, org.line, "allow");
}

test("a secret that is wrong is named, and the right one connects", async () => {
  await becomeOwner(page, await server.startUnowned());
  await page.goto(new URL("/integrations/new", server.url).href);
  await page.getByLabel("Name", { exact: true }).fill("Own app");
  await page.getByRole("radio", { name: "Simulated org" }).check();
  await page.getByText("External Client App Manager").first().waitFor();
  await page.getByLabel("Consumer key").fill(org.line.client_id);
  await page.getByLabel("Consumer secret").fill("of another app");
  await logIn();
  await page.getByRole("alert").filter({ hasText: "app.secret" }).waitFor();
  expect((await askApi(page, "connections")).body.items).toEqual([]);

  // What was right need not be entered twice.
  await page.getByRole("button", { name: "Start again" }).click();
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Own app");
  expect(await page.getByLabel("Consumer key").inputValue()).toBe(org.line.client_id);
  await page.getByLabel("Consumer secret").fill(org.line.client_secret);
  await logIn();
  await page.getByRole("button", { name: "Yes, use this org" }).click();
  await page.waitForURL(/\/set-up\/objects$/);
  const [connection] = (await askApi(page, "connections")).body.items;
  expect(connection.status).toBe("connected");
});

test("a reconnect needs neither key nor secret again", async () => {
  const [before] = (await askApi(page, "connections")).body.items;
  await page.goto(new URL(`/integrations/${integrationIdOf(page)}/settings`, server.url).href);
  await page.getByRole("button", { name: "Reconnect" }).click();
  expect(await page.getByLabel("Consumer key").inputValue()).toBe("");
  await logIn();
  await page.getByText("Connected again.").waitFor();

  const [after] = (await askApi(page, "connections")).body.items;
  expect([after.id, after.status]).toEqual([before.id, "connected"]);
  expect(after.generation).toBeGreaterThan(before.generation);
});

test("a reconnect goes on in the window at Salesforce where the page that began it is gone", async () => {
  const address = page.url();
  await page.getByRole("button", { name: "Reconnect" }).click();
  page = await losePage(page, "Log in to Salesforce");
  await decideInOrg(page, org.line, "allow");

  await page.getByRole("button", { name: "Go on in this window" }).click();

  await page.getByText("Connected again.").waitFor();
  expect(new URL(page.url()).pathname).toBe(new URL(address).pathname);
});

test("where a package holds the app, its install links stand beside the choice of an environment", async () => {
  const packaged = await Server.prepare(org, { packageId: "04t000000000001AAA" });
  try {
    await becomeOwner(page, await packaged.startUnowned());
    await page.goto(new URL("/integrations/new", packaged.url).href);

    const links = ["in production", "in a sandbox"].map((name) => page.getByRole("link", { name }).first());
    await Promise.all(links.map((link) => link.waitFor()));
    expect(await Promise.all(links.map((link) => link.getAttribute("href")))).toEqual([
      "https://login.salesforce.com/packaging/installPackage.apexp?p0=04t000000000001AAA",
      "https://test.salesforce.com/packaging/installPackage.apexp?p0=04t000000000001AAA",
    ]);
  } finally {
    await packaged.stop();
  }
});
