/** The people of a workspace and their keys: who may come in, who has to leave, and what ends with them. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acceptInvitation, askApi, Demo, openBrowser, openContext, signInByLink } from "./harness.ts";
import { cardOf } from "./walk.ts";

let demo: Demo;
let browser: Browser;
let owner: Page;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start(), openBrowser()]);
  owner = await (await openContext(browser)).newPage();
  await signInByLink(owner, demo.line.sign_in_link);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Invites a viewer past the form. Returns the link. */
async function invite(name: string): Promise<string> {
  const email = `${name.split(" ")[0]?.toLowerCase()}@northwind.example`;
  return (await askApi(owner, "members", { name, email, role: "viewer" })).body.link;
}

async function memberOf(name: string) {
  const { items } = (await askApi(owner, "members")).body;
  return items.find((member: { name: string }) => member.name === name);
}

/** Opens what can be done with a member, and takes one of it. */
async function act(name: string, action: string): Promise<void> {
  await owner.goto(demo.at("/settings/members"));
  await owner.getByRole("button", { name: `Actions for ${name}` }).click();
  await owner.getByRole("menuitem", { name: action }).click();
}

/** Asserts that a page's next look at the application ends where people sign in. */
async function expectSignedOut(page: Page): Promise<void> {
  await page.goto(demo.at("/"));
  await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
}

test("an invitation that is taken back opens nothing", async () => {
  const link = await invite("Ella Roos");
  await act("Ella Roos", "Remove from the workspace");
  const asked = owner.getByRole("dialog", { name: "Remove Ella Roos?" });
  await asked.getByText("Their sessions and API keys end at once. Integrations they connected stay.").waitFor();
  await asked.getByRole("button", { name: "Remove the member" }).click();
  await owner.getByText("Ella Roos is no longer a member.").waitFor();
  expect(await memberOf("Ella Roos")).toBeUndefined();

  const invited = await (await openContext(browser)).newPage();
  await invited.goto(link);
  await invited.getByRole("textbox", { name: "Password" }).fill("a few words in a row");
  await invited.getByRole("button", { name: "Save the password and sign in" }).click();

  await invited.getByRole("alert").first().waitFor();
  await expectSignedOut(invited);
  await invited.context().close();
});

test("a member gets another role, and is signed out wherever they are", async () => {
  const member = await acceptInvitation(browser, await invite("Aino Berg"));
  await owner.goto(demo.at("/settings/members"));
  await owner.getByRole("combobox", { name: "Role of Aino Berg" }).click();
  await owner.getByRole("option", { name: "Operator", exact: true }).click();
  await owner.getByText("Aino Berg has another role.").waitFor();
  expect((await askApi(member, "session")).body.member.role).toBe("operator");

  await act("Aino Berg", "Sign out everywhere");
  await owner.getByText("Aino Berg is signed out everywhere.").waitFor();

  await expectSignedOut(member);
  await member.context().close();
});

test("somebody whose role was changed meanwhile is removed once that was seen", async () => {
  const member = await acceptInvitation(browser, await invite("Vito Lund"));
  await act("Vito Lund", "Remove from the workspace");
  const asked = owner.getByRole("dialog", { name: "Remove Vito Lund?" });
  const remove = asked.getByRole("button", { name: "Remove the member" });
  await remove.waitFor();
  const { id } = await memberOf("Vito Lund");
  // What another owner does meanwhile, which this page has not seen.
  expect((await askApi(owner, `members/${id}`, { role: "admin" }, "PATCH")).status).toBe(200);

  await remove.click();

  const told = asked.getByRole("alert");
  await told.getByText("Vito Lund is Admin now, and was Viewer. Nobody is removed yet.").waitFor();
  expect((await memberOf("Vito Lund")).role).toBe("admin");
  await remove.click();
  await owner.getByText("Vito Lund is no longer a member.").waitFor();
  expect(await memberOf("Vito Lund")).toBeUndefined();
  await expectSignedOut(member);
  await member.context().close();
});

test("a key is shown once, lets a program in, and does so no longer once it is revoked", async () => {
  await owner.goto(demo.at("/settings/keys"));
  const keys = cardOf(owner, "API keys");
  await keys.getByText("No key yet").waitFor();
  await keys.getByRole("button", { name: "Create a key" }).click();
  const form = owner.getByRole("dialog", { name: "Create an API key" });
  await form.getByLabel("Name").fill("Nightly report");
  await form.getByRole("button", { name: "Create the key" }).click();
  const shown = owner.getByRole("dialog", { name: "Copy the key now" });
  const token = (await shown.locator("code").textContent()) ?? "";
  await owner.keyboard.press("Escape");
  await shown.waitFor({ state: "hidden" });
  expect(await statusFor(token)).toBe(200);

  const row = keys.getByRole("row", { name: /Nightly report/ });
  await expectCells(row, ["Nightly report", "Viewer", `${token.slice(0, 8)}…`]);
  expect(await owner.content()).not.toContain(token);
  await row.getByRole("button", { name: "Revoke" }).click();
  const asked = owner.getByRole("dialog", { name: "Revoke Nightly report?" });
  await asked.getByRole("button", { name: "Revoke the key" }).click();
  await keys.getByText("No key yet").waitFor();

  expect(await statusFor(token)).toBe(401);
});

/** What the API answers to a program with a key. */
async function statusFor(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(demo.at("/api/v1/integrations"), { headers })).status;
}

async function expectCells(row: Locator, cells: string[]): Promise<void> {
  await row.waitFor();
  expect((await row.getByRole("cell").allTextContents()).slice(0, cells.length)).toEqual(cells);
}
