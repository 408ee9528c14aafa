/** Pictures of every page, light, dark and narrow, in `docs/screenshots`. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askApi, Demo, decideInOrg, makeGroups, openBrowser, openContext, signInByLink } from "./harness.ts";
import { cardOf } from "./walk.ts";

const folder = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));

/** Takes only pictures whose names match, and leaves the others as they are. */
const only = process.env.TOWPATH_SCREENSHOTS_ONLY ? new RegExp(process.env.TOWPATH_SCREENSHOTS_ONLY) : undefined;

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };
/** A picture larger than this has no place among sources. */
const MOST_BYTES = 120_000;
const QUALITY = 0.85;

let browser: Browser;
/** Turns pictures into a smaller kind. */
let press: Page;

beforeAll(async () => {
  browser = await openBrowser();
  press = await (await openContext(browser)).newPage();
  if (!only) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
});

test("pages of who is not signed in", async () => {
  const demo = await Demo.start();
  const page = await (await openContext(browser, WIDE)).newPage();
  await page.goto(demo.at("/sign-in"));
  await takeAll(page, "sign-in");
  await page.goto(demo.at("/welcome#0123456789abcdef"));
  await takeAll(page, "welcome");
  // The server has an owner already, who is not asked for again.
  await page.route("**/api/v1/session", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), state: "needs_setup" } });
  });
  await page.goto(demo.at("/setup#0123456789abcdef"));
  await takeAll(page, "setup");
  await demo.stop();
});

test("the way from nothing to the first copy", async () => {
  const demo = await Demo.start();
  const context = await openContext(browser, WIDE);
  const page = await context.newPage();
  await signInByLink(page, demo.line.sign_in_link);
  await takeAll(page, "home-empty");
  await page.goto(demo.at("/integrations"));
  await takeAll(page, "integrations-empty");
  await page.goto(demo.at("/data"));
  await takeAll(page, "data-empty");
  const names = ["Sales", "Customer service", "Partner success", "Board"];
  await makeGroups(page, names, names.slice(1, 3));
  await page.goto(demo.at("/integrations/new"));
  await takeAll(page, "connect");
  await page.getByRole("radio", { name: "The app, with a certificate" }).check();
  await page.getByText("What a Salesforce admin sets up for this, once").click();
  await takeAll(page, "connect-certificate");
  await page.getByRole("radio", { name: "A person signs in" }).check();
  await page.getByLabel("Name").fill("Lockside Trading");
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Log in to Salesforce" }).click();
  const consent = await opened;
  await takeAll(page, "connect-waiting");
  await decideInOrg(consent, demo.line.org, "allow");
  await page.getByRole("heading", { name: "Is this the right org?" }).waitFor();
  await takeAll(page, "connect-found");
  await page.getByRole("button", { name: "Yes, use this org" }).click();
  await page.waitForURL("**/set-up/objects");
  await page.getByRole("button", { name: /^Add Account/ }).click();
  const next = page.getByRole("link", { name: "Continue to fields" });
  await expect.poll(() => next.getAttribute("aria-disabled")).not.toBe("true");
  await page.getByText("Filter of").or(page.getByText("Which records")).first().waitFor();
  await takeAll(page, "set-up-objects");
  await buildFilter(page);
  await takeAll(page, "set-up-filter");
  await next.click();
  await takeAll(page, "set-up-fields");
  await page.getByRole("link", { name: "Continue to mappings" }).click();
  await page.getByRole("button", { name: /^Accept all/ }).click();
  await page
    .getByText(/of 20 have a value/)
    .first()
    .waitFor();
  await takeAll(page, "set-up-mappings");
  await page.getByRole("button", { name: "Shape the values of Segment" }).click();
  await page.getByRole("button", { name: "Add all values of the picklist" }).click();
  await page
    .getByText(/values mapped|of 20 have a value/)
    .first()
    .waitFor();
  await takeAll(page, "set-up-shape");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Use a template" }).click();
  await page.getByRole("menuitem", { name: /^Deals and their participants/ }).click();
  await page.getByText("OpportunityContactRole.IsPrimary").waitFor();
  await takeAll(page, "set-up-template");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Continue to groups" }).click();
  await page.getByRole("checkbox", { name: "Customer service" }).click();
  await takeAll(page, "set-up-groups");
  await page.getByRole("link", { name: "Continue to review" }).click();
  await page
    .getByRole("region", { name: "What will happen" })
    .getByText(/ are copied/)
    .waitFor();
  await takeAll(page, "set-up-review");
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
    await takeAll(page, name);
  }
  await connectAgain(page, demo);
  await takeAll(page, "connect-refused");
  await changeAtOnce(page, demo, integration);
  await takeAll(page, "rule-conflict");
  await loseConnection(page, demo, integration);
  await takeAll(page, "connection-broken");
  await page.goto(demo.at(integration));
  await page.getByText("Needs reconnect").first().waitFor();
  await takeAll(page, "integration-needs-reconnect");
  await page.goto(demo.at("/"));
  await page.getByText("Needs reconnect").first().waitFor();
  await takeAll(page, "home-needs-reconnect");
  await context.close();
  await demo.stop();
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
  await page.getByRole("alert").filter({ hasText: "Somebody else changed this rule" }).scrollIntoViewIfNeeded();
  await colleague.close();
}

/** The org ends every approval, and the check of the connection says so. */
async function loseConnection(page: Page, demo: Demo, integration: string): Promise<void> {
  await demo.control("sessions/revoke", {});
  await page.goto(demo.at(`${integration}/settings`));
  const access = cardOf(page, "Access to Salesforce");
  await access.getByRole("button", { name: "Check the connection" }).click();
  await access.getByText("Salesforce no longer accepts our connection.").scrollIntoViewIfNeeded();
}

/** Takes a page in light, dark and narrow. */
async function takeAll(page: Page, name: string): Promise<void> {
  if (only && !only.test(name)) return;
  await settle(page);
  await take(page, `${name}-light`);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(() => page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark");
  await take(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(NARROW);
  await settle(page);
  await take(page, `${name}-narrow`);
  await page.setViewportSize(WIDE);
}

async function settle(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await expect.poll(() => page.locator(".mantine-Skeleton-root:visible").count(), { timeout: 15_000 }).toBe(0);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}

async function take(page: Page, name: string): Promise<void> {
  const png = await page.screenshot({ animations: "disabled", caret: "hide" });
  const webp = await press.evaluate(
    async ({ data, quality }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext("2d")?.drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", quality).split(",")[1] ?? "";
    },
    { data: png.toString("base64"), quality: QUALITY },
  );
  const bytes = Buffer.from(webp, "base64");
  expect(bytes.length, name).toBeLessThan(MOST_BYTES);
  await writeFile(`${folder}${name}.webp`, bytes);
  if (process.env.TOWPATH_SCREENSHOTS_PNG) await writeFile(`${process.env.TOWPATH_SCREENSHOTS_PNG}/${name}.png`, png);
}
