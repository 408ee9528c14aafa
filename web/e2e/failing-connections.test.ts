/** What a person is told when an org is not connected, and that nothing half-made is left then. */
import type { Browser, BrowserContext, Locator, Page, Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { askApi, Demo, decideInOrg, openBrowser, openContext, signInByPassword } from "./harness.ts";
import { LoginHost, makeFolder, OrgProgram, ServeProgram } from "./two-orgs.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
});

describe("an org that is not connected yet", () => {
  let demo: Demo;
  let context: BrowserContext;
  let page: Page;
  let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>>;
  /** How many approvals the org knows of before anybody comes: its own, of the line it starts with. */
  let approvals: number;

  beforeAll(async () => {
    demo = await Demo.start();
    approvals = await demo.countApprovals();
    context = await openContext(browser);
    page = await context.newPage();
    await signInByPassword(page, demo);
    signedIn = await context.storageState();
    await context.close();
  });

  afterAll(async () => {
    await demo?.stop();
  });

  beforeEach(async () => {
    context = await openContext(browser);
    await context.addCookies(signedIn.cookies);
    page = await context.newPage();
  });

  afterEach(async () => {
    await context.close();
  });

  test("Deny leaves nothing behind", async () => {
    const consent = await startConnect(page, demo, "Denied");
    const closed = consent.waitForEvent("close");
    await decideInOrg(consent, demo.line.org, "deny");

    await says(page, "Nothing was connected", "You chose Deny in Salesforce");
    await closed;
    await expectNothing();

    await page.getByRole("button", { name: "Start again" }).click();
    await page.getByLabel("Name").waitFor();
  });

  test("a window that is closed can be opened again", async () => {
    const first = await startConnect(page, demo, "Closed early");
    await first.close();
    await page.getByText("The Salesforce window was closed").waitFor();
    await expectNothing();

    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Open the window again" }).click();
    await decideInOrg(await opened, demo.line.org, "allow");
    await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
    await takeBack();
  });

  test("a page that is loaded anew meanwhile still leads to Salesforce", async () => {
    const first = await startConnect(page, demo, "Loaded anew");
    await page.reload();
    await page.getByText("Go on in the window at Salesforce.").waitFor();
    await first.close();

    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Open the window again" }).click();
    await decideInOrg(await opened, demo.line.org, "allow");
    await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
    await takeBack();
  });

  test("whoever comes back from Salesforce by the browser's button goes on in a window", async () => {
    const first = await startConnect(page, demo, "Gone back");
    await page.getByRole("button", { name: "Sign in in this tab instead" }).click();
    await page.locator("#username").waitFor();
    await page.goBack();
    await page.getByText("Waiting for Salesforce").waitFor();
    await first.close();

    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Open the window again" }).click();
    const second = await opened;
    const closed = second.waitForEvent("close");
    await decideInOrg(second, demo.line.org, "allow");
    await closed;
    await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
    await takeBack();
  });

  test("a blocked window gives way to the same tab", async () => {
    // What a blocker leaves of `window.open`. Chromium itself blocks no window that a click opens.
    await page.addInitScript(() => {
      window.open = () => null;
    });
    await fillConnect(page, demo, "Blocked");
    await page.getByRole("button", { name: "Log in to Salesforce" }).click();
    await page.getByText("Your browser blocked the window").waitFor();

    await page.getByRole("button", { name: "Go to Salesforce in this tab" }).click();
    await decideInOrg(page, demo.line.org, "allow");

    await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
    expect(context.pages()).toHaveLength(1);
    await takeBack();
  });

  test("a callback that was used already does nothing", async () => {
    const consent = await startConnect(page, demo, "Used");
    const callback = await allowAndHold(consent, demo);
    await goOn(consent, callback);
    await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();

    const again = await context.newPage();
    await again.goto(callback);
    await says(again, "This sign-in is over", "already used");
    expect(again.url()).not.toContain("code=");

    // What the first use brought is as good as before.
    expect(await demo.countApprovals()).toBe(approvals + 1);
    await takeBack();
  });

  test("a sign-in older than ten minutes is over", async () => {
    const consent = await startConnect(page, demo, "Expired");
    const callback = await allowAndHold(consent, demo);
    await makeOld(demo, new URL(page.url()).searchParams.get("flow") ?? "");

    await says(page, "This sign-in is over", "older than ten minutes");
    const late = await context.newPage();
    await late.goto(callback);
    await says(late, "This sign-in is over", "older than ten minutes");
    await expectNothing();
  });

  test("another browser cannot finish it, and does not spoil it", async () => {
    const consent = await startConnect(page, demo, "Elsewhere");
    const callback = await allowAndHold(consent, demo);

    const stranger = await openContext(browser);
    const strangersPage = await stranger.newPage();
    await strangersPage.goto(callback);
    await says(strangersPage, "This sign-in was started in another browser", "Start again here");
    // Nor can the same person in a browser of another session.
    await signInByPassword(strangersPage, demo);
    await strangersPage.goto(callback);
    await says(strangersPage, "This sign-in was started in another browser", "Start again here");
    await stranger.close();
    await expectNothing();

    await goOn(consent, callback);
    await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
    await takeBack();
  });

  test("an app that signs in by itself needs its key, and no window", async () => {
    await fillConnect(page, demo, "By itself");
    await page.getByRole("radio", { name: "The app, with a certificate" }).check();
    await page.getByLabel("Salesforce username").fill(demo.line.org.username);
    await page.getByLabel("Private key").fill("-----BEGIN CERTIFICATE-----");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "app.key_unusable" }).waitFor();

    await page.getByRole("radio", { name: "The app, as itself" }).check();
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
    expect(context.pages()).toHaveLength(1);
    await takeBack();
  });

  test("Cancel while Salesforce is asked leaves nothing, and an address of a walk that is over says so", async () => {
    const consent = await startConnect(page, demo, "Cancelled");
    const address = page.url();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByLabel("Name").waitFor();
    // Whoever goes on in the window is told that it is over.
    await decideInOrg(consent, demo.line.org, "allow");
    await says(consent, "This sign-in is over", "Start again");
    await expectNothing();

    await page.goto(address);
    await page.getByRole("alert").filter({ hasText: "You cancelled" }).waitFor();
    await page.getByRole("button", { name: "Start again" }).click();
    await page.getByLabel("Name").waitFor();
  });

  test.each([
    { host: "acme.my.salesforce.com.evil.com", why: "My Domains are allowed", instead: undefined },
    { host: "evilmy.salesforce.com", why: "My Domains are allowed", instead: undefined },
    { host: "127.0.0.1", why: "My Domains are allowed", instead: undefined },
    { host: "https://acme.my.salesforce.com/x", why: "no scheme", instead: "acme.my.salesforce.com" },
    { host: "acme", why: "My Domains are allowed", instead: "acme.my.salesforce.com" },
    { host: "acme--dev", why: "My Domains are allowed", instead: "acme--dev.sandbox.my.salesforce.com" },
  ])("$host is not signed in at", async ({ host, why, instead }) => {
    const asked: string[] = [];
    await context.route(
      (url) => url.hostname.endsWith(".com"),
      (route) => {
        asked.push(route.request().url());
        return route.fulfill({ contentType: "text/html", body: "<title>Salesforce</title>" });
      },
    );
    await page.goto(demo.at("/integrations/new"));
    await page.getByLabel("Name").fill("Acme");
    await page.getByRole("radio", { name: "Custom domain" }).check();
    await page.getByLabel("Consumer key").fill("3MVG9example");
    await page.getByRole("textbox", { name: "Consumer secret" }).fill("a-secret");
    const field = page.getByLabel("My Domain host");
    await field.fill(host);
    await page.getByRole("button", { name: "Log in to Salesforce" }).click();

    await expect.poll(() => field.getAttribute("aria-invalid")).toBe("true");
    expect(await descriptionOf(field)).toContain(why);
    await expect.poll(() => context.pages().length).toBe(1);
    expect(asked).toEqual([]);
    await expectNothing();

    const proposal = page.getByRole("button", { name: /^Use / });
    if (!instead) {
      expect(await proposal.count()).toBe(0);
      return;
    }
    await page.getByRole("button", { name: `Use ${instead}` }).click();
    expect(await field.inputValue()).toBe(instead);
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Log in to Salesforce" }).click();
    await (await opened).waitForURL(`https://${instead}/services/oauth2/authorize?*`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByLabel("Name").waitFor();
    await expectNothing();
  });

  /** No integration and no connection is listed, and the org knows of no approval more. */
  async function expectNothing(): Promise<void> {
    for (const list of ["integrations", "connections"]) {
      expect((await askApi(page, list)).body).toMatchObject({ items: [] });
    }
    await expect.poll(() => demo.countApprovals()).toBe(approvals);
  }

  /** Refuses the org that was found, which gives back what it granted. */
  async function takeBack(): Promise<void> {
    await page.getByRole("button", { name: "No, cancel and take back the access" }).click();
    await page.getByLabel("Name").waitFor();
    await expectNothing();
  }
});

describe("an org that is connected already", () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let loginHost: LoginHost;
  let first: OrgProgram;
  let second: OrgProgram;
  let server: ServeProgram;
  let context: BrowserContext;
  let page: Page;
  let integration: string;

  beforeAll(async () => {
    folder = await makeFolder();
    [first, second] = await OrgProgram.startTwo(folder.path);
    loginHost = await LoginHost.start(first);
    server = await ServeProgram.start(folder.path, loginHost);
    context = await openContext(browser);
    page = await context.newPage();
    await page.goto(server.setupLink);
    await page.getByLabel("Workspace").fill("Two orgs");
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByRole("textbox", { name: "Password" }).fill("correct horse battery staple");
    await page.getByRole("button", { name: "Create the workspace" }).click();
    await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();

    await fillConnect(page, server, "First org");
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Log in to Salesforce" }).click();
    await decideInOrg(await opened, first.line, "allow");
    await page.getByRole("button", { name: "Yes, use this org" }).click();
    await page.waitForURL("**/set-up/objects");
    integration = new URL(page.url()).pathname.split("/")[2] ?? "";
  });

  afterAll(async () => {
    await context?.close();
    await server?.stop();
    loginHost?.stop();
    await Promise.all([first?.stop(), second?.stop()]);
    await folder?.remove();
  });

  test("is named when somebody connects it again", async () => {
    const before = await held();
    const consent = await startConnect(page, server, "First org again");
    await decideInOrg(consent, first.line, "allow");

    await says(page, 'This org is already connected as "First org"', "org.duplicate");
    await expect.poll(held).toEqual(before);

    await page.getByRole("link", { name: "Open First org" }).click();
    await page.getByRole("heading", { name: "First org", level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toContain(integration);
  });

  test("is not reconnected to another org", async () => {
    const before = await held();
    const connection = (await askApi(page, "connections")).body.items[0];
    await page.goto(server.at(`/integrations/${integration}/settings`));
    await page.getByRole("button", { name: "Reconnect" }).click();
    loginHost.org = second;
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Log in to Salesforce" }).click();
    await decideInOrg(await opened, second.line, "allow");

    await page.getByRole("alert").filter({ hasText: "org.mismatch" }).waitFor();
    loginHost.org = first;
    await expect.poll(held).toEqual(before);
    // The connection works on with what it had.
    expect((await askApi(page, "connections")).body.items[0]).toEqual(connection);
    expect((await askApi(page, `integrations/${integration}/sobjects?limit=1`)).status).toBe(200);
  });

  test("an sObject without rights is not chosen", async () => {
    // The user loses the right between the list of sObjects and the tick: describe answers as Salesforce does then.
    const body = JSON.stringify([{ errorCode: "NOT_FOUND", message: "The requested resource does not exist" }]);
    await first.control("faults", {
      kind: "status",
      match: "/sobjects/Case/describe",
      status: 404,
      body,
      times: 1_000,
    });
    await page.goto(server.at(`/integrations/${integration}/set-up/objects`));
    await page.getByLabel("Search sObjects by label or API name").fill("Case");
    await page.getByRole("checkbox", { name: /Case/ }).first().click();

    await page
      .getByText(/Case/)
      .filter({ hasText: /read|rights/ })
      .first()
      .waitFor();
    await expect.poll(() => page.getByRole("checkbox", { name: /Case/ }).first().isChecked()).toBe(false);
    expect((await askApi(page, `integrations/${integration}/sync-rules`)).body.items).toEqual([]);
  });

  async function held() {
    const [integrations, connections, ofFirst, ofSecond] = await Promise.all([
      askApi(page, "integrations"),
      askApi(page, "connections"),
      first.control("sessions"),
      second.control("sessions"),
    ]);
    return {
      integrations: integrations.body.items.map(({ id }: { id: string }) => id),
      connections: connections.body.items.map(({ id }: { id: string }) => id),
      approvals: [ofFirst.approvals, ofSecond.approvals],
    };
  }
});

interface Server {
  at(path: string): string;
}

async function fillConnect(page: Page, server: Server, name: string): Promise<void> {
  await page.goto(server.at("/integrations/new"));
  await page.getByLabel("Name").fill(name);
  await page.getByRole("radio", { name: "Simulated org" }).check();
}

/** Begins to connect the simulated org, as far as its page in a window. */
async function startConnect(page: Page, server: Server, name: string): Promise<Page> {
  await fillConnect(page, server, name);
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Log in to Salesforce" }).click();
  const consent = await opened;
  await consent.locator("#username").waitFor();
  await page.getByText("Waiting for Salesforce").waitFor();
  return consent;
}

/** Waits for a problem's title and detail on the page. */
async function says(page: Page, title: string, detail: string): Promise<void> {
  await page.getByRole("alert").filter({ hasText: title }).filter({ hasText: detail }).waitFor();
}

/** Allows the access at the org, and answers the callback's address without having opened it. */
async function allowAndHold(consent: Page, demo: Demo): Promise<string> {
  let callback: string | undefined;
  const isDecision = (request: Request) => request.postData()?.includes("decision=allow") ?? false;
  await consent.route(
    () => true,
    async (route) => {
      if (!isDecision(route.request())) return route.continue();
      const answer = await route.fetch({ maxRedirects: 0 });
      callback = answer.headers().location;
      await route.fulfill({ contentType: "text/html", body: "<h1>Held</h1>" });
    },
  );
  await decideInOrg(consent, demo.line.org, "allow");
  await consent.getByRole("heading", { name: "Held" }).waitFor();
  await consent.unrouteAll();
  return callback ?? "";
}

/** What a screen reader reads out with a field. */
function descriptionOf(field: Locator): Promise<string> {
  return field.evaluate((input) => {
    const ids = input.getAttribute("aria-describedby")?.split(" ") ?? [];
    return ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  });
}

/** Turns the clock of one walk back, in the database, as there is no waiting for ten minutes. */
async function makeOld(demo: Demo, flow: string): Promise<void> {
  const sql = `update towpath_connect_flows set created_at = created_at - 660000, expires_at = expires_at - 660000
    where connect_flow_id = '${flow.replaceAll("'", "")}' returning 1;`;
  expect(await demo.runSql(sql)).toBe("1");
}

/** Lets a window that was held go on to an address, at which it may close. */
function goOn(consent: Page, address: string): Promise<void> {
  return consent.evaluate((to) => {
    setTimeout(() => window.location.assign(to));
  }, address);
}
