/** What a person sets up after the first connection: rules, access, other browsers, keys. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, decideInOrg, openBrowser, openContext, signInByLink, signInByPassword } from "./harness.ts";
import { printed } from "./truth.ts";
import { acceptTheRest, cardOf, goToOrg, integrationIdOf, losePage, tickSObject } from "./walk.ts";

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
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

test("from Connect to the first rows takes a minute of clicks", async () => {
  let clicks = 0;
  await context.addInitScript(() => {
    addEventListener("click", (event) => event.isTrusted && console.debug("towpath-e2e click"), true);
  });
  context.on("console", (message) => {
    if (message.text() === "towpath-e2e click") clicks += 1;
  });
  await page.goto(demo.at("/"));
  const began = Date.now();
  await page.getByRole("main").getByRole("link", { name: "Connect Salesforce" }).click();
  const popup = await goToOrg(page, "Lockside Trading");
  await decideInOrg(popup, demo.line.org, "allow");
  await page.getByRole("button", { name: "Yes, use this org" }).click();
  await page.waitForURL(/\/set-up\/objects$/);
  integration = integrationIdOf(page);
  await tickSObject(page, "Account");
  await acceptTheRest(page);
  await page.getByRole("button", { name: "Save and start the first sync" }).click();
  await cardOf(page, "Last run").waitFor();
  await page.getByRole("link", { name: "Account", exact: true }).click();
  await page.getByRole("table").getByRole("row").nth(1).waitFor();

  console.info(`from Connect to the first rows: ${((Date.now() - began) / 1000).toFixed(1)} s, ${clicks} clicks`);
  expect(clicks).toBeGreaterThan(0);
  expect(clicks).toBeLessThanOrEqual(12);
});

test("a rule gets another cadence, and shows records before it is saved", async () => {
  await page.goto(demo.at(`/integrations/${integration}/set-up/objects`));
  const card = cardOf(page, "Which records of Account");
  await card.getByText("Look at 20 records").click();
  await card.getByRole("columnheader", { name: "Account Name" }).waitFor();
  expect(await card.getByRole("group", { name: "Some of the records" }).getByRole("row").count()).toBe(21);

  await card.getByRole("combobox", { name: "Looks for changes" }).click();
  await page.getByRole("option", { name: "Every hour" }).click();
  await card.getByText("Not saved yet.").waitFor();
  await card.getByRole("button", { name: "Save this rule" }).click();
  await card.getByText("Saved", { exact: true }).waitFor();

  await page.goto(demo.at(`/integrations/${integration}/rules`));
  await page.getByRole("cell", { name: "every 1 h" }).waitFor();
});

test("all records of an object are read again, and the run is cancelled", async () => {
  await demo.control("faults", { kind: "stall", match: "query", times: 6, bytes: 0, delay_ms: 1_500 });
  await page.goto(demo.at(`/integrations/${integration}/rules`));
  await page.getByRole("button", { name: "Read all of Account again" }).click();
  await page.getByText("Account is read from the first record to the last.").waitFor();

  await page.goto(demo.at(`/integrations/${integration}/runs`));
  await page.getByRole("row").filter({ hasText: "Running" }).getByRole("link").click();
  await page.getByRole("button", { name: "Cancel this run" }).click();

  await page.getByRole("region", { name: "What it did" }).getByText("Stopped").first().waitFor();
  expect(await page.getByRole("button", { name: "Cancel this run" }).count()).toBe(0);
});

test("two people who change one rule at once see both versions", async () => {
  await page.goto(demo.at(`/integrations/${integration}/set-up/objects`));
  const other = await context.newPage();
  await other.goto(demo.at(`/integrations/${integration}/set-up/objects`));
  const [mine, theirs] = [page, other].map((one) => cardOf(one, "Which records of Account"));
  const choose = async (one: Page, cadence: string) => {
    await cardOf(one, "Which records of Account").getByRole("combobox", { name: "Looks for changes" }).click();
    await one.getByRole("option", { name: cadence }).click();
    await cardOf(one, "Which records of Account").getByRole("button", { name: "Save this rule" }).click();
  };
  await mine?.getByRole("combobox", { name: "Looks for changes" }).waitFor();
  await choose(other, "Once a day");
  await theirs?.getByText("Saved", { exact: true }).waitFor();

  await choose(page, "Every 5 min");
  const conflict = page.getByRole("alert").filter({ hasText: "Somebody else changed this rule" });
  await conflict.getByRole("region", { name: "As it is now" }).getByText("Once a day").waitFor();
  await conflict.getByRole("region", { name: "As you have it" }).getByText("Every 5 min").waitFor();
  await conflict.getByRole("button", { name: "Save mine instead" }).click();
  await conflict.waitFor({ state: "hidden" });

  const rules = (await askApi(page, `integrations/${integration}/sync-rules`)).body.items;
  expect(rules[0].cadence_seconds).toBe(300);
  await other.close();
});

test("an org that is connected already gets another integration", async () => {
  await page.goto(demo.at("/integrations/new"));
  const popup = await goToOrg(page, "Service desk");
  await decideInOrg(popup, demo.line.org, "allow");
  await page.getByRole("alert").filter({ hasText: "org.duplicate" }).waitFor();
  const offer = cardOf(page, "Or add an integration to that connection");
  expect(await offer.getByLabel("Name of the new integration").inputValue()).toBe("Service desk");

  await offer.getByRole("button", { name: "Add to this connection" }).click();
  await page.waitForURL(/\/set-up\/objects$/);

  const added = integrationIdOf(page);
  expect(added).not.toBe(integration);
  await page.goto(demo.at(`/integrations/${added}/settings`));
  const access = cardOf(page, "Access to Salesforce");
  await access.getByText("Lockside Trading, Service desk").waitFor();
  await access.getByText(/1 of 5/).waitFor();
});

test("a lost connection is named with what mends it, and told on Home and the timeline", async () => {
  await page.goto(demo.at(`/integrations/${integration}/settings`));
  const access = cardOf(page, "Access to Salesforce");
  await access.getByRole("button", { name: "Check the connection" }).click();
  await access.getByText("The user can read all 1 sObjects of the rules.").waitFor();
  expect(await access.getByText("Fine", { exact: true }).count()).toBe(7);

  await demo.control("sessions/revoke", {});
  await access.getByRole("button", { name: "Check the connection" }).click();
  await access.getByText("Salesforce no longer accepts our connection.").waitFor();
  const setup = access.getByRole("link", { name: /^Setup > Connected Apps OAuth Usage/ });
  expect(await setup.getAttribute("href")).toMatch(/\/lightning\/setup\/ConnectedAppsUsage\/home$/);

  await page.goto(demo.at("/"));
  await cardOf(page, "What happened")
    .getByText("Salesforce no longer accepts the connection (token.revoked).")
    .first()
    .waitFor();
  await page.getByText("Needs reconnect").first().waitFor();
  await page.goto(demo.at(`/integrations/${integration}/timeline`));
  await page.getByText("Salesforce no longer accepts the connection (token.revoked).").waitFor();
});

test("an app that signs in by itself takes the place of the lost connection", async () => {
  await page.goto(demo.at(`/integrations/${integration}/settings`));
  await page.getByRole("radio", { name: "The app, as itself" }).check();
  await page.getByRole("button", { name: "Connect again" }).click();
  await page.getByText("Connected again.").waitFor();

  const access = cardOf(page, "Access to Salesforce");
  await access.getByText("The app as itself, with its secret").waitFor();
  await access.getByText(/0 of 5/).waitFor();
  await page.goto(demo.at(`/integrations/${integration}`));
  await page.getByText("Needs reconnect").waitFor({ state: "hidden" });
});

test("a member connects their own Salesforce user, and gives the access back", async () => {
  await page.goto(demo.at("/settings/salesforce"));
  const [popup] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Connect my Salesforce user" }).click(),
  ]);
  await decideInOrg(popup, demo.line.org, "allow");
  await page.getByText("Connected as yourself.").waitFor();
  await page.getByText(demo.line.org.username).waitFor();
  await page.getByText(/1 of 5/).waitFor();

  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await page.getByText("Salesforce confirmed that the access has ended.").waitFor();
  await page.getByRole("button", { name: "Connect my Salesforce user" }).waitFor();
});

test("whoever lost the page goes on in the window in which they connected their own user", async () => {
  const lost = await context.newPage();
  await lost.goto(demo.at("/settings/salesforce"));
  const popup = await losePage(lost, "Connect my Salesforce user");
  await decideInOrg(popup, demo.line.org, "allow");

  await popup.getByRole("button", { name: "Go on in this window" }).click();

  await popup.getByText(demo.line.org.username).waitFor();
  expect(new URL(popup.url()).pathname).toBe("/settings/salesforce");
  await popup.getByRole("button", { name: "Disconnect" }).click();
  await popup.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await popup.getByRole("button", { name: "Connect my Salesforce user" }).waitFor();
  await popup.close();
});

test("back and forward lead through the pages of an integration, and a new tab to the same one", async () => {
  await page.goto(demo.at(`/integrations/${integration}/rules`));
  const tabs = page.getByRole("navigation", { name: "Parts of this integration" });
  await tabs.getByRole("link", { name: "Settings", exact: true }).click();
  await cardOf(page, "Access to Salesforce").waitFor();
  await page.goBack();
  await page.getByRole("cell", { name: "every 5 min" }).first().waitFor();
  await page.goForward();
  await cardOf(page, "Access to Salesforce").waitFor();

  const tab = await context.newPage();
  await tab.goto(page.url());
  await cardOf(tab, "Access to Salesforce").waitFor();
  await tab.close();
});

test("on a narrow screen the chosen tab is in sight", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(demo.at(`/integrations/${integration}/settings`));
  const tabs = page.getByRole("navigation", { name: "Parts of this integration" });
  const chosen = await tabs.getByRole("link", { name: "Settings" }).boundingBox();
  expect(chosen && chosen.x + chosen.width).toBeLessThanOrEqual(360);
  await tabs.getByRole("link", { name: "Status" }).click();
  await page.waitForURL((url) => url.pathname.endsWith(integration));
  await expect.poll(async () => (await tabs.getByRole("link", { name: "Status" }).boundingBox())?.x).toBeGreaterThan(0);
  await page.setViewportSize({ width: 1280, height: 1000 });
});

test("who is signed in elsewhere is signed out from here", async () => {
  const elsewhere = await openContext(browser);
  const far = await elsewhere.newPage();
  await signInByPassword(far, demo);
  await page.goto(demo.at("/settings"));
  const sessions = cardOf(page, "Where you are signed in");
  await sessions.getByText("(this one)").waitFor();
  // The header, this browser, the other one, and whatever made the owner.
  expect(await sessions.getByRole("row").count()).toBeGreaterThanOrEqual(3);

  await sessions.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect.poll(() => sessions.getByRole("row").count()).toBe(2);

  await far.goto(demo.at("/data"));
  await far.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  await elsewhere.close();
});

test("an address leads through the sign-in to its page, and so does one that a signed-in person opens", async () => {
  const address = `/integrations/${integration}/rules`;
  const other = await openContext(browser);
  const stranger = await other.newPage();
  // One navigation may take the place of another, which ends a wait for the first.
  const stands = () => stranger.url().replace(demo.line.url, "");
  const signInFor = (next: string) => `/sign-in?next=${encodeURIComponent(next)}`;
  await stranger.goto(demo.at(address));
  await expect.poll(stands).toBe(signInFor(address));
  await stranger.getByLabel("Email").fill(demo.line.email ?? "");
  await stranger.getByRole("textbox", { name: "Password" }).fill(demo.line.password ?? "");
  await stranger.getByRole("button", { name: "Sign in" }).click();
  await expect.poll(stands).toBe(address);

  await stranger.goto(demo.at(`/sign-in?next=${encodeURIComponent(address)}`));
  await expect.poll(stands).toBe(address);

  // The session ends while somebody fills in a form.
  await stranger.goto(demo.at("/settings/groups"));
  await stranger.getByRole("button", { name: "Make a group" }).click();
  await stranger.getByRole("dialog", { name: "Make a group" }).getByLabel("Name").fill("Nobody");
  await other.clearCookies();
  await stranger.getByRole("button", { name: "Make the group" }).click();
  await expect.poll(stands).toBe(signInFor("/settings/groups"));
  await other.close();
});

test("keys lead somewhere, and each page says what it is", async () => {
  await page.goto(demo.at("/"));
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await keys.getByText("Go to Integrations").waitFor();
  await page.keyboard.press("Escape");
  await keys.waitFor({ state: "hidden" });

  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.getByRole("heading", { name: "Integrations", level: 1 }).waitFor();
  await page.getByRole("button", { name: "What is this?" }).click();
  const more = page.getByRole("link", { name: "Read more" });
  const [docs] = await Promise.all([context.waitForEvent("page"), more.click()]);
  await docs.getByRole("heading", { name: "Quick start", level: 1 }).waitFor();
  await docs.close();
});

test("the guide for an app has its address, its scopes and its files", async () => {
  await page.goto(demo.at("/integrations/new"));
  await page.getByRole("radio", { name: "Production" }).check();
  await page.getByText("External Client App Manager").first().waitFor();
  const callback = new URL("/oauth/salesforce/callback", demo.line.url).href;
  await page.getByText(callback, { exact: true }).waitFor();
  await page.getByText("Or make it with the sf command line").click();
  await page.getByText(/^sf org assign permset --name Towpath_Sync --on-behalf-of /).waitFor();
  await page.getByRole("button", { name: /ecaGlblOauth-meta\.xml$/ }).click();
  await page.getByText(`<callbackUrl>${callback}</callbackUrl>`).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download a script that writes them" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("towpath-app.sh");

  // Beside the app of the server an org may have one of its own.
  await page.getByRole("radio", { name: "Simulated org" }).check();
  await page.getByText("Use an app of your own").click();
  await page.getByLabel("Consumer key").fill("3MVG9example");
  await page.getByLabel("Consumer secret").fill("of the org's own app");
  const popup = page.waitForEvent("popup");
  await page.getByLabel("Name", { exact: true }).fill("Own app");
  await page.getByRole("button", { name: "Log in to Salesforce" }).click();
  await expect.poll(async () => (await popup).url()).toContain("client_id=3MVG9example");
  await (await popup).close();
});

test("the meter stands with the state of an integration, and has the org's own numbers", async () => {
  await page.goto(demo.at(`/integrations/${integration}`));
  const meter = cardOf(page, "API calls of the last 24 hours");
  // A read may come between the page and the question.
  await expect
    .poll(async () => {
      await page.reload();
      const words = await meter.getByRole("img").getAttribute("aria-label");
      const { daily_limit, ours, others } = (await askApi(page, `integrations/${integration}/limits`)).body;
      expect(ours).toBeGreaterThan(0);
      const whose = `${printed(ours)} were Towpath's and ${printed(others)} others'`;
      return words?.startsWith(`Of ${printed(daily_limit)} calls in 24 hours ${whose}.`);
    })
    .toBe(true);
  expect(await meter.getByRole("textbox").count()).toBe(0);
});

test("Home has the org's calls beside each integration", async () => {
  await page.goto(demo.at("/"));
  const name = (await askApi(page, `integrations/${integration}`)).body.name;
  const line = cardOf(page, "Integrations").getByRole("link", { name }).locator("xpath=ancestor::div[3]");
  await expect
    .poll(async () => {
      await page.reload();
      const bar = await line.getByRole("img", { name: /calls in 24 hours/ }).getAttribute("aria-label");
      const { daily_limit, ours, others } = (await askApi(page, `integrations/${integration}/limits`)).body;
      await line.getByText(/^[\d,]+ of [\d,]+ calls in 24 h$/).waitFor();
      return bar?.startsWith(
        `Of ${printed(daily_limit)} calls in 24 hours ${printed(ours)} were Towpath's and ${printed(others)}`,
      );
    })
    .toBe(true);
});

test("an allotment is set beside the meter", async () => {
  await page.goto(demo.at(`/integrations/${integration}/settings`));
  const limits = cardOf(page, "API calls of the last 24 hours");
  await limits.getByRole("img", { name: /^Of .* calls in 24 hours/ }).waitFor();
  await limits.getByLabel("Allotment of this integration").fill("5000");
  await limits.getByRole("button", { name: "Save" }).click();
  await expect.poll(async () => (await askApi(page, `integrations/${integration}/limits`)).body.allotment).toBe(5000);
});

test("a group gets Salesforce switched on, and an integration of its own", async () => {
  await page.goto(demo.at("/settings/groups"));
  await page.getByText("No group yet").waitFor();
  for (const name of ["Sales", "Service"]) {
    await page.getByRole("button", { name: "Make a group" }).click();
    await page.getByRole("dialog", { name: "Make a group" }).getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Make the group" }).click();
    await page.waitForURL(/\/settings\/groups\/grp_/);
    if (name === "Sales") await page.getByRole("link", { name: "Groups", exact: true }).first().click();
  }
  await page.getByRole("combobox", { name: "Groups that it is connected with" }).click();
  await page.getByRole("option", { name: "Sales" }).click();
  await page.keyboard.press("Escape");

  await page.goto(demo.at("/settings/groups"));
  await page.getByRole("link", { name: "Sales", exact: true }).click();
  const connections = cardOf(page, "Connections");
  expect(await connections.getByRole("link", { name: "Add an integration" }).count()).toBe(0);
  await connections.getByRole("checkbox", { name: "Salesforce" }).click();
  await connections.getByRole("link", { name: "Add an integration" }).waitFor();
  await connections.getByRole("combobox", { name: "Give it an integration of the whole workspace" }).click();
  await page.getByRole("option", { name: "Lockside Trading" }).click();
  await connections.getByRole("link", { name: "Lockside Trading" }).waitFor();

  await page.goto(demo.at(`/integrations/${integration}/set-up/review`));
  await page.locator("dl > div", { hasText: "Owner group" }).getByText("Sales", { exact: true }).waitFor();
});

test("what a group owns stays in sight where Salesforce is switched off for it", async () => {
  await openSales();
  const connections = cardOf(page, "Connections");
  await connections.getByRole("checkbox", { name: "Salesforce" }).click();
  await page.getByText("Salesforce is off for Sales. What is connected stays.").waitFor();

  await connections.getByRole("link", { name: "Lockside Trading" }).waitFor();
  expect(await connections.getByRole("combobox").count()).toBe(0);
  expect(await connections.getByRole("link", { name: "Add an integration" }).count()).toBe(0);
});

test("of two names of a group the later one is shown both", async () => {
  await openSales();
  const name = cardOf(page, "Name");
  await name.getByLabel("Name of this group").fill("Sales of the north");
  const id = new URL(page.url()).pathname.split("/").pop();
  await askApi(page, `groups/${id}`, { name: "Sales of the south" }, "PATCH");
  await name.getByRole("button", { name: "Rename" }).click();

  const conflict = name.getByRole("alert").filter({ hasText: "Somebody else changed this name" });
  await conflict.getByRole("region", { name: "As it is now" }).getByText("Sales of the south").waitFor();
  await conflict.getByRole("button", { name: "Save mine instead" }).click();
  await page.getByText("Renamed.").waitFor();
  await page.getByText("Sales of the north", { exact: true }).first().waitFor();
});

async function openSales(): Promise<void> {
  await page.goto(demo.at("/settings/groups"));
  await page.getByRole("link", { name: "Sales", exact: true }).click();
}
