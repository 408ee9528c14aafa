/** Pictures of every page, light, dark and narrow, in `docs/screenshots`. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Camera, WIDE } from "./camera.ts";
import { askApi, Demo, decideInOrg, makeGroups, openBrowser, openContext, signInByLink } from "./harness.ts";
import { Org, Server } from "./server.ts";
import { becomeOwner, cardOf, signInAgain } from "./walk.ts";

let browser: Browser;
let camera: Camera;

beforeAll(async () => {
  browser = await openBrowser();
  camera = await Camera.prepare(browser);
});

afterAll(async () => {
  await browser?.close();
});

test("pages of who is not signed in", async () => {
  const demo = await Demo.start();
  const page = await (await openContext(browser, WIDE)).newPage();
  await page.goto(demo.at("/sign-in"));
  await camera.takeAll(page, "sign-in");
  await page.goto(demo.at("/welcome#0123456789abcdef"));
  await camera.takeAll(page, "welcome");
  // The server has an owner already, who is not asked for again.
  await page.route("**/api/v1/session", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), state: "needs_setup" } });
  });
  await page.goto(demo.at("/setup#0123456789abcdef"));
  await camera.takeAll(page, "setup");
  await demo.stop();
});

test("the way from nothing to the first copy", async () => {
  const demo = await Demo.start();
  const context = await openContext(browser, WIDE);
  const page = await context.newPage();
  await signInByLink(page, demo.line.sign_in_link);
  await camera.takeAll(page, "home-empty");
  await page.goto(demo.at("/integrations"));
  await camera.takeAll(page, "integrations-empty");
  await page.goto(demo.at("/data"));
  await camera.takeAll(page, "data-empty");
  const names = ["Sales", "Customer service", "Partner success", "Board"];
  await makeGroups(page, names, names.slice(1, 3));
  await page.goto(demo.at("/integrations/new"));
  await camera.takeAll(page, "connect");
  await page.getByRole("radio", { name: "The app, with a certificate" }).check();
  await page.getByText("What a Salesforce admin sets up for this, once").click();
  await camera.takeAll(page, "connect-certificate");
  await page.getByRole("radio", { name: "A person signs in" }).check();
  await page.getByLabel("Name").fill("Lockside Trading");
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Log in to Salesforce" }).click();
  const consent = await opened;
  await camera.takeAll(page, "connect-waiting");
  await decideInOrg(consent, demo.line.org, "allow");
  await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
  await camera.takeAll(page, "connect-found");
  await page.getByRole("button", { name: "Yes, use this org" }).click();
  await page.waitForURL("**/set-up/objects");
  await page.getByRole("button", { name: /^Add Account/ }).click();
  const next = page.getByRole("link", { name: "Continue to fields" });
  await expect.poll(() => next.getAttribute("aria-disabled")).not.toBe("true");
  await page.getByText("Filter of").or(page.getByText("Which records")).first().waitFor();
  await camera.takeAll(page, "set-up-objects");
  await buildFilter(page);
  await camera.takeAll(page, "set-up-filter");
  await next.click();
  await camera.takeAll(page, "set-up-fields");
  await page.getByRole("link", { name: "Continue to mappings" }).click();
  await page.getByRole("button", { name: /^Accept all/ }).click();
  await page
    .getByText(/of 20 have a value/)
    .first()
    .waitFor();
  await camera.takeAll(page, "set-up-mappings");
  await page.getByRole("button", { name: "Shape the values of Segment" }).click();
  await page.getByRole("button", { name: "Add all values of the picklist" }).click();
  await page
    .getByText(/values mapped|of 20 have a value/)
    .first()
    .waitFor();
  await camera.takeAll(page, "set-up-shape");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Use a template" }).click();
  await page.getByRole("menuitem", { name: /^Deals and their participants/ }).click();
  await page.getByText("OpportunityContactRole.IsPrimary").waitFor();
  await camera.takeAll(page, "set-up-template");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Continue to groups" }).click();
  await page.getByRole("checkbox", { name: "Customer service" }).click();
  await camera.takeAll(page, "set-up-groups");
  await page.getByRole("link", { name: "Continue to review" }).click();
  await page
    .getByRole("region", { name: "What will happen" })
    .getByText(/ are copied/)
    .waitFor();
  await camera.takeAll(page, "set-up-review");
  await context.close();
  await demo.stop();
});

test("an org that is copied", async () => {
  const demo = await Demo.start({ connected: true });
  const context = await openContext(browser, WIDE);
  const page = await context.newPage();
  await signInByLink(page, demo.line.sign_in_link);
  const integration = `/integrations/${(await askApi(page, "integrations")).body.items[0].id}`;
  const run = (await askApi(page, "runs")).body.items[0].id;
  const table = integration.replace("/integrations/", "/data/");
  const record = (await askApi(page, `${integration.slice(1)}/records/Account?limit=1`)).body.items[0].id;
  const names = ["Sales", "Customer service", "Partner success"];
  const groups = await makeGroups(page, names, names.slice(1));
  const shared = { group_id: groups.Sales, groups: [groups["Customer service"]] };
  await askApi(page, `${integration.slice(1)}/shares`, shared, "PUT");
  const pages: Record<string, string> = {
    home: "/",
    integrations: "/integrations",
    integration,
    "integration-runs": `${integration}/runs`,
    "integration-rules": `${integration}/rules`,
    "integration-mappings": `${integration}/mappings`,
    "integration-timeline": `${integration}/timeline`,
    "integration-settings": `${integration}/settings`,
    run: `/runs/${run}`,
    data: "/data",
    records: `${table}/Opportunity`,
    record: `${table}/Account?record=${record}`,
    settings: "/settings",
    members: "/settings/members",
    groups: "/settings/groups",
    group: `/settings/groups/${groups.Sales}`,
    "group-receiving": `/settings/groups/${groups["Customer service"]}`,
    "api-keys": "/settings/keys",
    "your-salesforce": "/settings/salesforce",
  };
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(demo.at(path));
    await camera.takeAll(page, name);
  }
  await connectAgain(page, demo);
  await camera.takeAll(page, "connect-refused");
  await addSObject(page, demo, integration);
  await camera.takeAll(page, "sobject-question");
  await page.keyboard.press("Escape");
  await leaveFieldOut(page, demo, integration);
  await camera.takeAll(page, "fields-waiting", page.getByText("Not saved yet."));
  await changeAtOnce(page, demo, integration);
  await camera.takeAll(page, "rule-conflict", page.getByRole("alert"));
  await loseConnection(page, demo, integration);
  await camera.takeAll(page, "connection-broken", page.getByText("Salesforce no longer accepts our connection."));
  await page.goto(demo.at(integration));
  await page.getByText("Needs reconnect").first().waitFor();
  await camera.takeAll(page, "integration-needs-reconnect");
  await page.goto(demo.at("/"));
  await page.getByText("Needs reconnect").first().waitFor();
  await camera.takeAll(page, "home-needs-reconnect");
  await context.close();
  await demo.stop();
});

test("an org that keeps the connection out", async () => {
  const demo = await Demo.start({ connected: true });
  const context = await openContext(browser, WIDE);
  const page = await context.newPage();
  await signInByLink(page, demo.line.sign_in_link);
  const integration = `/integrations/${(await askApi(page, "integrations")).body.items[0].id}`;
  await demo.control("sign-in", { ip_restricted: true });
  await demo.control("sessions/expire", {});
  await page.goto(demo.at(integration));
  await page.getByRole("button", { name: "Sync now" }).click();
  await page.getByText("user.login_restricted").waitFor();
  await page.getByText("Nothing was read").waitFor();
  await camera.takeAll(page, "integration-kept-out");
  await context.close();
  await demo.stop();
});

test("a server with an org's own app, and one on a copied database", async () => {
  const org = await Org.start("--accounts", "20");
  const [original, copy] = await Promise.all([Server.prepare(org, { knowsApp: false }), Server.prepare(org)]);
  const context = await openContext(browser, WIDE);
  const page = await context.newPage();
  await becomeOwner(page, await original.startUnowned());
  await page.goto(new URL("/integrations/new", original.url).href);
  await page.getByLabel("Name", { exact: true }).fill("Lockside Trading");
  await page.getByRole("radio", { name: "Simulated org" }).check();
  await page.getByLabel("Consumer key").fill(org.line.client_id);
  await page.getByLabel("Consumer secret").fill("of another app");
  await camera.takeAll(page, "connect-own-app", page.getByLabel("Consumer secret"));
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Log in to Salesforce" }).click();
  await decideInOrg(await opened, org.line, "allow");
  await page.getByRole("alert").filter({ hasText: "app.secret" }).waitFor();
  await camera.takeAll(page, "connect-wrong-secret");
  await original.pause();
  await copy.copyFrom(original);
  copy.start();
  await signInAgain(page, copy.url);
  await page.getByRole("complementary", { name: "Whose database this is" }).waitFor();
  await camera.takeAll(page, "home-copied-database");
  await context.close();
  await copy.stop();
  await original.stop();
  await org.stop();
});

/** Builds a filter over a related record. */
async function buildFilter(page: Page): Promise<void> {
  const card = page.getByRole("region", { name: "Which records of Contact", exact: true });
  await card.getByRole("button", { name: "Add a condition" }).click();
  await card.getByRole("combobox", { name: "Field", exact: true }).click();
  await page.getByRole("option", { name: "Account ›", exact: true }).click();
  await card.getByRole("combobox", { name: "Field of the related record, level 1" }).fill("Industry");
  await page.getByRole("option", { name: "Industry (Industry)", exact: true }).click();
  await card
    .getByRole("combobox", { name: "Values" })
    .or(card.getByRole("textbox", { name: "Values" }))
    .first()
    .click();
  for (const value of ["Banking", "Retail"]) await page.getByRole("option", { name: value, exact: true }).click();
  await page.keyboard.press("Escape");
  await card.getByRole("button", { name: "Add a group" }).click();
  const group = card.getByRole("group", { name: "Group", exact: true });
  await group.getByRole("combobox", { name: "Value" }).click();
  await page.getByRole("option", { name: "This year", exact: true }).click();
  await group.getByRole("button", { name: "Add a condition" }).click();
  await group.getByRole("combobox", { name: "Field", exact: true }).nth(1).fill("Email");
  await page.getByRole("option", { name: "Email (Email)", exact: true }).click();
  await group.getByRole("textbox", { name: "Value", exact: true }).fill("ada@lockside.example");
  await card.getByText("Saved", { exact: true }).waitFor();
  await card.getByText(/^WHERE Account\.Industry/).waitFor();
  await card.scrollIntoViewIfNeeded();
}

/** Connects an org that is connected already. */
async function connectAgain(page: Page, demo: Demo): Promise<void> {
  await page.goto(demo.at("/integrations/new"));
  await page.getByLabel("Name").fill("The same org");
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Log in to Salesforce" }).click();
  await decideInOrg(await opened, demo.line.org, "allow");
  await page.getByRole("alert").filter({ hasText: "org.duplicate" }).waitFor();
}

/** Changes a rule that a colleague has changed meanwhile. */
async function changeAtOnce(page: Page, demo: Demo, integration: string): Promise<void> {
  const colleague = await page.context().newPage();
  for (const one of [page, colleague]) await one.goto(demo.at(`${integration}/set-up/objects`));
  for (const [one, cadence] of [
    [colleague, "Once a day"],
    [page, "Every 5 min"],
  ] as const) {
    const card = cardOf(one, "Which records of Account");
    await card.getByRole("combobox", { name: "Looks for changes" }).click();
    await one.getByRole("option", { name: cadence }).click();
    await card.getByRole("button", { name: "Save this rule" }).click();
    await card.getByText("Saved", { exact: true }).or(card.getByRole("alert")).first().waitFor();
  }
  await page.getByRole("alert").filter({ hasText: "Somebody else changed this rule" }).waitFor();
  await colleague.close();
}

/** The org ends every approval, and the check of the connection says so. */
async function loseConnection(page: Page, demo: Demo, integration: string): Promise<void> {
  await demo.control("sessions/revoke", {});
  await page.goto(demo.at(`${integration}/settings`));
  const access = cardOf(page, "Access to Salesforce");
  await access.getByRole("button", { name: "Check the connection" }).click();
  await access.getByText("Salesforce no longer accepts our connection.").waitFor();
}

/** Ticks an sObject that is not copied yet, and waits for what that would bring. */
async function addSObject(page: Page, demo: Demo, integration: string): Promise<void> {
  await page.goto(demo.at(`${integration}/set-up/objects`));
  await page.getByLabel("Search sObjects by label or API name").fill("Campaign");
  await page.getByRole("checkbox", { name: "(Campaign)", exact: false }).click();
  const doubt = page.getByRole("dialog", { name: "Copy Campaign?" });
  await doubt.getByText(/About .* API calls? for the first load/).waitFor();
}

/** Unticks a field that is copied, and waits for what that would cost. */
async function leaveFieldOut(page: Page, demo: Demo, integration: string): Promise<void> {
  await page.goto(demo.at(`${integration}/set-up/fields?sobject=Account`));
  const fields = cardOf(page, "Fields of Account");
  await fields.getByLabel("Search fields by label, API name or type").fill("Fax");
  await fields.getByRole("checkbox", { name: "(Fax)", exact: false }).click();
  await fields.getByText(/About .* API calls? for the first load/).waitFor();
  await fields.getByText("Not saved yet.").waitFor();
}
