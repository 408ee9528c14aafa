/** The steps of connecting an org, as somebody with a mouse takes them. */
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { decideInOrg, type OrgLine } from "./harness.ts";

/** Makes the first owner of a server by its link. Ends on Home. */
export async function becomeOwner(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel("Workspace").fill("Northwind");
  await page.getByLabel("Your name").fill("Mira Holm");
  await page.getByLabel("Email").fill("mira@northwind.example");
  await page.getByRole("textbox", { name: "Password" }).fill("a long enough password");
  await page.getByRole("button", { name: "Create the workspace" }).click();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
}

/** Signs in as the owner that {@link becomeOwner} made, once the server answers. Ends on Home. */
export async function signInAgain(page: Page, baseUrl: string): Promise<void> {
  const answers = () =>
    fetch(new URL("/healthz", baseUrl)).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(answers).toBe(true);
  await page.context().clearCookies();
  await page.goto(new URL("/sign-in", baseUrl).href);
  await page.getByLabel("Email").fill("mira@northwind.example");
  await page.getByRole("textbox", { name: "Password" }).fill("a long enough password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
}

/** Opens the form and goes to the org's login page, which is returned. */
export async function goToOrg(page: Page, name: string): Promise<Page> {
  await page.getByRole("heading", { name: "Connect Salesforce", level: 1 }).waitFor();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("radio", { name: "Simulated org" }).check();
  const [popup] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Log in to Salesforce" }).click(),
  ]);
  await popup.locator("#username").waitFor();
  return popup;
}

/** Connects the simulated org and says yes to it. Ends where sObjects are chosen. */
export async function connectOrg(page: Page, baseUrl: string, org: OrgLine, name: string): Promise<void> {
  await page.goto(new URL("/integrations/new", baseUrl).href);
  const popup = await goToOrg(page, name);
  await decideInOrg(popup, org, "allow");
  await page.getByRole("button", { name: "Yes, use this org" }).click();
  await page.waitForURL(/\/set-up\/objects$/);
}

/**
 * Goes to the org by a button, and loses the page that has it. Returns the window, as a browser leaves it that lets no page
 * close its own.
 */
export async function losePage(page: Page, button: string): Promise<Page> {
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: button }).click();
  const popup = await opened;
  await popup.addInitScript(() => {
    window.close = () => undefined;
  });
  await popup.locator("#username").waitFor();
  await page.close();
  return popup;
}

/** Ticks one sObject in the list. */
export async function tickSObject(page: Page, sobject: string): Promise<void> {
  const search = page.getByLabel("Search sObjects by label or API name");
  await search.fill(sobject);
  await page.getByRole("checkbox", { name: `(${sobject})`, exact: false }).check();
  await search.fill("");
  const filters = page.getByRole("region", { name: /^Which records of / }).filter({ hasText: sobject });
  await filters.getByRole("button", { name: "Add a condition" }).waitFor();
}

/** From sObjects that are chosen to the last step, with all fields and every mapping that is suggested. */
export async function acceptTheRest(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Continue to fields" }).click();
  await page.getByRole("link", { name: "Continue to mappings" }).click();
  await page.getByRole("button", { name: /^Accept all/ }).click();
  await page.getByRole("link", { name: "Continue to review" }).click();
  await page.getByRole("button", { name: "Save and start the first sync" }).waitFor();
}

/** A card by its title. */
export function cardOf(page: Page, title: string): Locator {
  return page.getByRole("region", { name: title, exact: true });
}

/** A number of a card by its name. */
export function figure(page: Page, label: string): Locator {
  return page
    .locator("dl > div")
    .filter({ has: page.locator("dt", { hasText: new RegExp(`^${label}$`) }) })
    .locator("dd");
}

/** The id in the address of an integration's page. */
export function integrationIdOf(page: Page): string {
  const [, id] = /\/integrations\/([^/]+)/.exec(new URL(page.url()).pathname) ?? [];
  if (!id) throw new Error(`no integration in ${page.url()}`);
  return id;
}
