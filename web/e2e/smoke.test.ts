import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Demo, openBrowser, openContext, signInByLink } from "./harness.ts";

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start({ connected: true }), openBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

test("a sign-in link leads to Home, once", async () => {
  const context = await openContext(browser);
  const page = await context.newPage();

  await signInByLink(page, demo.line.sign_in_link);

  await page.getByText("Simulated org").first().waitFor();
  expect(new URL(page.url()).pathname).toBe("/");
  expect(page.url()).not.toContain("#");

  const other = await (await openContext(browser)).newPage();
  await other.goto(demo.line.sign_in_link);
  await other.getByRole("button", { name: "Sign in" }).click();
  await other.getByRole("button", { name: "Sign in with a password" }).waitFor();
});
