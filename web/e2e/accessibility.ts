/** Every page, in every state it can be in: nothing that axe finds, and nothing wider than a phone. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askApi, Demo, makeGroups, openBrowser, openContext, signInByLink } from "./harness.ts";

/** A page of the router, and what it takes to see it. */
interface Row {
  /** Where it is, with ids for the parts that begin with `$`. */
  at: string;
  /** Who is not signed in sees it. */
  isPublic?: true;
  /** It shows nothing of the API but who is signed in. */
  asksNothing?: true;
  /** It is the first within the frame of an integration, whose own states are seen here too. */
  hasFrame?: true;
}

/** Routes as the router names them, without a slash at the end. */
export const rows: Record<string, Row> = {
  "/": { at: "/" },
  "/sign-in": { at: "/sign-in", isPublic: true },
  "/setup": { at: "/setup#0123456789abcdef", isPublic: true },
  "/welcome": { at: "/welcome#0123456789abcdef", isPublic: true },
  "/connect/done": { at: "/connect/done?problem=connect.expired", isPublic: true },
  "/integrations": { at: "/integrations" },
  "/integrations/new": { at: "/integrations/new" },
  "/integrations/$id": { at: "/integrations/$id", hasFrame: true },
  "/integrations/$id/runs": { at: "/integrations/$id/runs" },
  "/integrations/$id/rules": { at: "/integrations/$id/rules" },
  "/integrations/$id/mappings": { at: "/integrations/$id/mappings" },
  "/integrations/$id/timeline": { at: "/integrations/$id/timeline" },
  "/integrations/$id/settings": { at: "/integrations/$id/settings" },
  "/integrations/$id/set-up": { at: "/integrations/$id/set-up", hasFrame: true },
  "/integrations/$id/set-up/objects": { at: "/integrations/$id/set-up/objects" },
  "/integrations/$id/set-up/fields": { at: "/integrations/$id/set-up/fields" },
  "/integrations/$id/set-up/mappings": { at: "/integrations/$id/set-up/mappings" },
  "/integrations/$id/set-up/groups": { at: "/integrations/$id/set-up/groups" },
  "/integrations/$id/set-up/review": { at: "/integrations/$id/set-up/review" },
  "/runs/$id": { at: "/runs/$run" },
  "/data": { at: "/data" },
  "/data/$integration/$sobject": { at: "/data/$id/Account" },
  "/timeline": { at: "/timeline" },
  "/settings": { at: "/settings" },
  "/settings/members": { at: "/settings/members" },
  "/settings/groups": { at: "/settings/groups" },
  "/settings/groups/$id": { at: "/settings/groups/$group" },
  "/settings/keys": { at: "/settings/keys" },
  "/settings/salesforce": { at: "/settings/salesforce" },
};

/** The first four are those of the page itself; in the last two what stands around it is not there either. */
const states = ["loading", "empty", "error", "data", "loading its frame", "without its frame"] as const;
type State = (typeof states)[number];

const isOfFrame = (state: State) => state === "loading its frame" || state === "without its frame";

/** Whether a page stands within the frame of an integration, which is only there once the integration is known. */
const isFramed = ({ at }: Row) => at.startsWith("/integrations/$id");

/** Declares the tests of the routes of which `isLookedAt` is true, with a server of their own. */
export function testPages(isLookedAt: (route: string) => boolean): void {
  let browser: Browser;
  let demo: Demo;
  let member: BrowserContext;
  let stranger: BrowserContext;
  let ids: { $id: string; $run: string; $group: string };

  beforeAll(async () => {
    [demo, browser] = await Promise.all([Demo.start({ connected: true }), openBrowser()]);
    member = await openContext(browser);
    stranger = await openContext(browser);
    const page = await member.newPage();
    await signInByLink(page, demo.line.sign_in_link);
    const integration = (await askApi(page, "integrations")).body.items[0].id;
    const run = (await askApi(page, "runs")).body.items[0].id;
    const groups = await makeGroups(page, ["Sales", "Service", "Partners"], ["Service", "Partners"]);
    const group = groups.Sales ?? "";
    const shared = { group_id: group, groups: [groups.Service] };
    await askApi(page, `integrations/${integration}/shares`, shared, "PUT");
    ids = { $id: integration, $run: run, $group: group };
    await page.close();
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  describe.each(Object.entries(rows).filter(([path]) => isLookedAt(path)))("%s", (_, row) => {
    const own = states.filter((state) => row.hasFrame || !isOfFrame(state));
    test.each(own)("while its state is %s", async (state) => {
      const context = row.isPublic ? stranger : member;
      const page = await context.newPage();
      await page.route("**/api/v1/**", (route) => answer(route, state, row));
      await page.goto(demo.at(row.at.replace("$id", ids.$id).replace("$run", ids.$run).replace("$group", ids.$group)));
      await settle(page, state, row);

      await expectNoFaults(page, state, state === "data" ? [1280, 360] : [1280]);
      await page.close();
    });
  });
}

/** Asserts that axe finds nothing in light and dark at each width, and that nothing is wider than the window. */
export async function expectNoFaults(page: Page, what: string, widths = [1280, 360]): Promise<void> {
  // What a pointer that rests somewhere would show is no part of the page.
  await page.mouse.move(0, 0);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => page.locator("html").getAttribute("data-mantine-color-scheme")).toBe(colorScheme);
      expect(await findFaults(page), `${what}: ${width} px, ${colorScheme}`).toEqual([]);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `${what}: ${width} px`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
}

/** Answers in place of the API what makes a page show a state. */
async function answer(route: Route, state: State, row: Row): Promise<void> {
  const { pathname } = new URL(route.request().url());
  // News would bring data that the state is without.
  if (pathname.endsWith("/events")) return route.abort();
  // A page behind the sign-in is only reached with a session.
  if (pathname.endsWith("/session") && !row.isPublic) return route.continue();
  // Else every page of an integration would show the state of its frame, and none its own.
  if (isFramed(row) && !isOfFrame(state) && /\/integrations\/[^/]+$/.test(pathname)) return route.continue();
  switch (state) {
    case "loading":
    case "loading its frame":
      return;
    case "error":
    case "without its frame":
      return route.fulfill({
        status: 500,
        contentType: "application/problem+json",
        body: JSON.stringify({
          type: "/docs/errors#server.failed",
          title: "Internal Server Error",
          status: 500,
          detail: "The server failed.",
          code: "server.failed",
          hint: "Try again in a moment.",
          request_id: "0123456789abcdef",
        }),
      });
    case "empty": {
      const response = await route.fetch();
      const body = await response.json();
      if (!Array.isArray(body.items)) return route.fulfill({ response });
      return route.fulfill({ response, json: { ...body, items: [], next: null, total: 0 } });
    }
    case "data":
      return route.continue();
  }
}

/** Waits until a page shows its state. */
async function settle(page: Page, state: State, row: Row): Promise<void> {
  const skeletons = page.locator(".mantine-Skeleton-root:visible");
  if (state === "loading" && isFramed(row)) {
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByRole("main").locator(".mantine-Skeleton-root:visible").first().waitFor();
    return;
  }
  if (state === "loading" || state === "loading its frame") {
    await page.locator("h1, .mantine-Skeleton-root, [role=status]").first().waitFor();
    return;
  }
  if (isFramed(row) && state !== "without its frame") await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByRole("heading", { level: 1 }).or(page.getByRole("alert")).first().waitFor();
  const isBroken = state === "error" || state === "without its frame";
  if (isBroken && !row.isPublic && !row.asksNothing) await page.getByRole("alert").first().waitFor();
  await expect.poll(() => skeletons.count(), { timeout: 10_000 }).toBe(0);
}

/** What axe finds, as lines that say where. */
async function findFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary?.replace(/\s+/g, " ")}`),
  );
}
