import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acceptInvitation, askApi, Demo, openBrowser, openContext, signInByLink } from "./harness.ts";
import { countIn, printed } from "./truth.ts";
import { cardOf } from "./walk.ts";

const ADMINS_ONLY = "Only admins and owners can do this. You are a viewer.";
const OPERATORS_ONLY = "Only operators, admins and owners can do this. You are a viewer.";

let demo: Demo;
let browser: Browser;
let admin: Page;
let viewer: Page;
let integration: string;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start({ connected: true }), openBrowser()]);
  const owner = await (await openContext(browser)).newPage();
  await signInByLink(owner, demo.line.sign_in_link);
  await owner.goto(demo.at("/settings/members"));
  const links = [await invite(owner, "Aino Berg", "Admin"), await invite(owner, "Vito Lund", "Viewer")];
  [admin, viewer] = [
    await acceptInvitation(browser, links[0] as string),
    await acceptInvitation(browser, links[1] as string),
  ];
  const answer = await admin.request.get(demo.at("/api/v1/integrations"));
  integration = (await answer.json()).items[0].id;
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Invites a member as the owner, and returns the link that is shown once. */
async function invite(owner: Page, name: string, role: string): Promise<string> {
  await owner.getByRole("button", { name: "Invite a member" }).click();
  const form = owner.getByRole("dialog", { name: "Invite a member" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Email").fill(`${name.split(" ")[0]?.toLowerCase()}@northwind.example`);
  await form.getByRole("combobox", { name: "Role" }).click();
  await owner.getByRole("option", { name: role, exact: true }).click();
  await form.getByRole("button", { name: "Make an invitation link" }).click();
  const handed = owner.getByRole("dialog", { name: `${name} is invited` });
  const link = await handed.locator("code").textContent();
  await owner.keyboard.press("Escape");
  await handed.waitFor({ state: "hidden" });
  expect(await owner.getByText(link ?? "", { exact: true }).count()).toBe(0);
  return link ?? "";
}

/** A closed button that says why when somebody points at it, and does nothing when it is pressed. */
async function expectClosed(page: Page, button: Locator, reason: string): Promise<void> {
  await button.waitFor();
  expect(await button.getAttribute("aria-disabled")).toBe("true");
  await button.hover();
  await page
    .getByRole("tooltip", { name: reason })
    .or(page.getByText(reason, { exact: true }))
    .first()
    .waitFor();
  const address = page.url();
  await button.press("Enter");
  expect(page.url()).toBe(address);
}

test("an invitation link works once", async () => {
  const owner = await (await openContext(browser)).newPage();
  await owner.goto(demo.at("/sign-in"));
  await owner.getByLabel("Email").fill(demo.line.email ?? "");
  await owner.getByRole("textbox", { name: "Password" }).fill(demo.line.password ?? "");
  await owner.getByRole("button", { name: "Sign in" }).click();
  await owner.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  await owner.goto(demo.at("/settings/members"));
  const link = await invite(owner, "Ella Roos", "Viewer");
  await acceptInvitation(browser, link);

  const late = await (await openContext(browser)).newPage();
  await late.goto(link);
  await late.getByRole("textbox", { name: "Password" }).fill("another few words");
  await late.getByRole("button", { name: "Save the password and sign in" }).click();

  await late.getByRole("alert").first().waitFor();
  await late.goto(demo.at("/"));
  await late.waitForURL(/\/sign-in/);
});

test("a viewer sees data and state, and finds every change closed with its reason", async () => {
  const accounts = await countIn(demo.line.org, "Account");
  await viewer.goto(demo.at(`/data/${integration}/Account`));
  await viewer.getByText(new RegExp(`^1–\\d+ of ${printed(accounts)}$`)).waitFor();
  await viewer.goto(demo.at(`/integrations/${integration}`));
  await cardOf(viewer, "Last run")
    .getByText(/records read in/)
    .first()
    .waitFor();

  await expectClosed(viewer, viewer.getByRole("button", { name: "Sync now" }), OPERATORS_ONLY);
  await viewer.getByRole("link", { name: "Rules", exact: true }).click();
  await expectClosed(viewer, viewer.getByRole("button", { name: "Change objects and filters" }), ADMINS_ONLY);
  await viewer.getByRole("link", { name: "Mappings", exact: true }).click();
  await cardOf(viewer, "Field mappings").getByRole("row").nth(1).waitFor();
  expect(await viewer.getByRole("main").getByRole("combobox").count()).toBe(0);
  expect(await viewer.getByRole("button", { name: "Save mappings" }).count()).toBe(0);
  await viewer.getByRole("main").getByRole("link", { name: "Settings", exact: true }).click();
  await expectClosed(viewer, viewer.getByRole("button", { name: "Pause syncing" }), OPERATORS_ONLY);
  expect(await viewer.getByRole("button", { name: "Rename" }).isDisabled()).toBe(true);
  await expectClosed(viewer, cardOf(viewer, "Delete").getByRole("button"), ADMINS_ONLY);
  await expectClosed(viewer, viewer.getByRole("button", { name: /^Reconnect/ }), ADMINS_ONLY);
  await viewer.goto(demo.at("/integrations"));
  await expectClosed(viewer, viewer.getByRole("button", { name: "Connect Salesforce" }), ADMINS_ONLY);
});

test("a page for admins tells a viewer in words, and the API refuses", async () => {
  for (const step of ["objects", "fields", "mappings", "review"]) {
    await viewer.goto(demo.at(`/integrations/${integration}/set-up/${step}`));
    await viewer.getByText("You cannot set up integrations").waitFor();
    await viewer.getByText(ADMINS_ONLY).waitFor();
    expect(await viewer.getByRole("main").getByRole("button").count()).toBe(0);
  }
  await viewer.goto(demo.at("/integrations/new"));
  await viewer.getByText("You cannot connect an org").waitFor();
  expect(await viewer.getByRole("button", { name: "Log in to Salesforce" }).count()).toBe(0);

  const closed = [
    "connect-options",
    "connections",
    `integrations/${integration}/sobjects`,
    `integrations/${integration}/deletion`,
  ];
  for (const path of closed) {
    expect(await statusOf(viewer, path), path).toBe(403);
    expect(await statusOf(admin, path), path).toBe(200);
  }
  expect(await postRun(viewer)).toBe(403);
});

/** The status of a call that the page itself makes. */
function statusOf(page: Page, path: string): Promise<number> {
  return page.evaluate(async (to) => (await fetch(to)).status, `/api/v1/${path}`);
}

/** Asks for a run past the closed button, with all that the page's own calls carry. */
function postRun(page: Page): Promise<number> {
  return page.evaluate(async (to) => {
    const { csrf_token } = await (await fetch("/api/v1/session")).json();
    const headers = { "x-csrf-token": csrf_token, "content-type": "application/json" };
    return (await fetch(to, { method: "POST", headers })).status;
  }, `/api/v1/integrations/${integration}/runs`);
}

test("an admin may change what a viewer sees, and the viewer sees it happen", async () => {
  await viewer.goto(demo.at(`/integrations/${integration}`));
  const last = cardOf(viewer, "Last run");
  const sentence = await last
    .getByText(/records? read in/)
    .first()
    .textContent();
  await demo.control("mutate", { sobject: "Account", created: 7, seed: 3 });
  // A run reads what was written before the second in which it starts.
  await demo.control("clock", { advance_ms: 2_000 });
  await demo.control("faults", { kind: "stall", match: "query", times: 3, bytes: 0, delay_ms: 1_500 });

  await admin.goto(demo.at(`/integrations/${integration}`));
  await admin.getByRole("button", { name: "Sync now" }).click();

  await viewer.getByRole("region", { name: "Syncing now" }).waitFor();
  await last
    .getByText(/ 7 new/)
    .first()
    .waitFor();
  expect(
    await last
      .getByText(/ 7 new/)
      .first()
      .textContent(),
  ).not.toBe(sentence);

  await admin.getByRole("main").getByRole("link", { name: "Settings", exact: true }).click();
  await admin.getByRole("textbox", { name: "Name of this integration" }).fill("Renamed by an admin");
  await admin.getByRole("button", { name: "Rename" }).click();
  await viewer.getByRole("heading", { name: "Renamed by an admin", level: 1 }).waitFor();
  await admin.getByRole("button", { name: "Pause syncing" }).click();
  await viewer.getByText("Paused", { exact: true }).first().waitFor();
  await expectClosed(viewer, viewer.getByRole("button", { name: "Resume" }), OPERATORS_ONLY);
});

test("of two changes of a member's role the later one sees both, and undoes neither unseen", async () => {
  const owner = await (await openContext(browser)).newPage();
  await owner.goto(demo.at("/sign-in"));
  await owner.getByLabel("Email").fill(demo.line.email ?? "");
  await owner.getByRole("textbox", { name: "Password" }).fill(demo.line.password ?? "");
  await owner.getByRole("button", { name: "Sign in" }).click();
  await owner.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  await owner.goto(demo.at("/settings/members"));
  const role = owner.getByRole("combobox", { name: "Role of Vito Lund" });
  await role.waitFor();
  // What another owner does meanwhile, which this page has not seen.
  const { items } = (await askApi(owner, "members")).body;
  const vito = items.find(({ name }: { name: string }) => name === "Vito Lund");
  expect((await askApi(owner, `members/${vito.id}`, { role: "operator" }, "PATCH")).status).toBe(200);

  await role.click();
  await owner.getByRole("option", { name: "Admin", exact: true }).click();

  const alert = owner.getByRole("alert").filter({ hasText: "Somebody else changed this role of Vito Lund" });
  await alert.getByRole("region", { name: "As it is now" }).getByText("Operator").waitFor();
  await alert.getByRole("region", { name: "As you have it" }).getByText("Admin").waitFor();
  expect(await role.inputValue()).toBe("Operator");
  await alert.getByRole("button", { name: "Save mine instead" }).click();
  await alert.waitFor({ state: "hidden" });
  await expect.poll(() => role.inputValue()).toBe("Admin");
});
