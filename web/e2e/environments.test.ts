/** Which org is connected: the environments that there are, and several orgs beside each other. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, decideInOrg, openBrowser, openContext } from "./harness.ts";
import { recordsIn } from "./truth.ts";
import { LoginHost, makeFolder, OrgProgram, ServeProgram } from "./two-orgs.ts";
import { acceptTheRest, becomeOwner, cardOf, goToOrg, integrationIdOf, tickSObject } from "./walk.ts";

let folder: Awaited<ReturnType<typeof makeFolder>>;
let orgs: [OrgProgram, OrgProgram];
let loginHost: LoginHost;
let server: ServeProgram;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [folder, browser] = await Promise.all([makeFolder(), openBrowser()]);
  orgs = await OrgProgram.startTwo(folder.path);
  loginHost = await LoginHost.start(orgs[0]);
  server = await ServeProgram.start(folder.path, loginHost);
  const context = await openContext(browser, { height: 1000 });
  // Salesforce itself is not asked.
  await context.route(/salesforce\.com/, (route) =>
    route.fulfill({ contentType: "text/html", body: "<h1>Log in</h1>" }),
  );
  page = await context.newPage();
  await becomeOwner(page, server.setupLink);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  loginHost?.stop();
  await Promise.all(orgs?.map((org) => org.stop()) ?? []);
  await folder?.remove();
});

test.each([
  { environment: "Production", domain: undefined, host: "login.salesforce.com" },
  { environment: "Sandbox", domain: undefined, host: "test.salesforce.com" },
  { environment: "Custom domain", domain: "northwind.my.salesforce.com", host: "northwind.my.salesforce.com" },
])("$environment is signed in at its own host", async ({ environment, domain, host }) => {
  await page.goto(server.at("/integrations/new"));
  await page.getByLabel("Name", { exact: true }).fill(environment);
  await page.getByRole("radio", { name: environment }).check();
  if (domain) await page.getByRole("textbox", { name: /domain/i }).fill(domain);
  await page.getByLabel("Consumer key").fill("3MVG9.an.app.of.this.org");
  await page.getByLabel("Consumer secret").fill("0123456789abcdef");

  const [popup] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Log in to Salesforce" }).click(),
  ]);

  await popup.waitForURL((url) => url.host === host);
  const url = new URL(popup.url());
  expect([url.protocol, url.pathname]).toEqual(["https:", "/services/oauth2/authorize"]);
  expect(url.searchParams.get("client_id")).toBe("3MVG9.an.app.of.this.org");
  expect(url.searchParams.get("scope")?.split(" ")).toEqual(expect.arrayContaining(["api", "refresh_token"]));
  await popup.close();
});

test("two orgs are copied beside each other", async () => {
  for (const [place, org] of orgs.entries()) {
    loginHost.org = org;
    await page.goto(server.at("/integrations/new"));
    const popup = await goToOrg(page, `Unit ${place + 1}`);
    await decideInOrg(popup, org.line, "allow");
    await page.getByRole("button", { name: "Yes, use this org" }).click();
    await page.waitForURL(/\/set-up\/objects$/);
    const integration = integrationIdOf(page);
    await tickSObject(page, "Account");
    await acceptTheRest(page);
    await page.getByRole("button", { name: "Save and start the first sync" }).click();
    await cardOf(page, "Last run").getByText("20 new").waitFor({ timeout: 60_000 });
    // Its own records, and no other's.
    const { body } = await askApi(page, `integrations/${integration}/records/Account?limit=100`);
    const copied: string[] = body.items.map(({ id }: { id: string }) => id);
    const ofOrg = await recordsIn(org.line, "SELECT Id, Name FROM Account");
    expect(copied.sort()).toEqual(ofOrg.map(({ Id }) => Id).sort());
  }

  await page.goto(server.at("/integrations"));
  for (const name of ["Unit 1", "Unit 2"]) {
    await page.getByRole("row").filter({ hasText: name }).getByText("Active").waitFor();
  }
  const { items } = (await askApi(page, "connections")).body;
  const connected = items.map(({ org }: { org: { organization_id: string } }) => org.organization_id);
  expect(connected.sort()).toEqual(orgs.map(({ line }) => line.org_id).sort());
});
