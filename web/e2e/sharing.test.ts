/** Who has access to an integration: chosen in the set-up, shown in the review, in effect once it is saved. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acceptInvitation, askApi, Demo, makeGroups, openBrowser, openContext, signInByLink } from "./harness.ts";
import { countIn, printed } from "./truth.ts";
import { cardOf, figure } from "./walk.ts";

let demo: Demo;
let browser: Browser;
let admin: Page;
let receiver: Page;
let groups: Record<string, string>;
let integration: string;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Demo.start({ connected: true }), openBrowser()]);
  admin = await (await openContext(browser, { height: 1000 })).newPage();
  await signInByLink(admin, demo.line.sign_in_link);
  groups = await makeGroups(admin, ["Sales", "Service", "Legal", "Board"], ["Service", "Legal"]);
  const invitation = { name: "Vito Lund", email: "vito@northwind.example", role: "operator" };
  const invited = (await askApi(admin, "members", invitation)).body;
  receiver = await acceptInvitation(browser, invited.link);
  await askApi(admin, `groups/${groups.Service}/members`, { members: [invited.member.id] }, "PUT");
  // A second one on the same connection, which the maker's own group gets.
  const connection = (await askApi(admin, "connections")).body.items[0].id;
  const added = await askApi(admin, `connections/${connection}/integrations`, { name: "Key accounts" });
  integration = added.body.id;
  await askApi(admin, `integrations/${integration}/sync-rules/Account`, {}, "PUT");
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** What the integration's address answers to somebody. */
async function answerTo(page: Page): Promise<number> {
  return (await askApi(page, `integrations/${integration}`)).status;
}

async function sharedWith(): Promise<string[]> {
  const { body } = await askApi(admin, `integrations/${integration}/shares`);
  return body.groups.map(({ name }: { name: string }) => name);
}

test("a private integration is shared with a connected group, once it is saved", async () => {
  await admin.goto(demo.at(`/integrations/${integration}/set-up/mappings`));
  await admin.getByRole("button", { name: /^Accept all/ }).click();
  await admin.getByRole("link", { name: "Continue to groups" }).click();
  await admin.getByText("Private: Sales alone has access.").waitFor();
  const list = admin.getByRole("list", { name: "Groups with access" });
  expect(await list.getByRole("checkbox", { name: "Sales" }).isChecked()).toBe(true);
  expect(await list.getByRole("checkbox").count()).toBe(3);

  const search = admin.getByLabel("Find a group that Sales is connected with");
  await search.fill("board");
  await admin.getByText("No connected group is called “board”.").waitFor();
  await search.fill("serv");
  expect(await list.getByRole("checkbox", { name: "Legal" }).count()).toBe(0);
  await list.getByRole("checkbox", { name: "Service" }).click();
  await admin.getByText("Service will have access once you save.").waitFor();
  // What is chosen is kept, and nobody has access yet.
  await admin.getByText("Kept", { exact: true }).waitFor();
  await admin.reload();
  await admin.getByText("Service will have access once you save.").waitFor();
  await admin.getByRole("link", { name: "Continue to review" }).click();
  const accounts = await countIn(demo.line.org, "Account");
  const companies = figure(admin, "Companies");
  await expect
    .poll(() => companies.innerText(), { timeout: 10_000 })
    .toBe(`${printed(accounts)}\nat most: one for each record of Account`);
  await admin.getByText("No page lists companies, people or deals yet.").waitFor();
  await figure(admin, "Owner group").getByText("Sales", { exact: true }).waitFor();
  await figure(admin, "Groups with access").getByText("Service", { exact: true }).waitFor();
  await admin.getByText("Service will have access once you save.").waitFor();
  await expect
    .poll(() => figure(admin, "Fields").innerText(), { timeout: 10_000 })
    .toMatch(/^[1-9]\d+\nall that the user can read$/);
  expect([await answerTo(receiver), await sharedWith()]).toEqual([404, []]);
  await receiver.goto(demo.at(`/integrations/${integration}`));
  await receiver.getByText("There is no such integration").first().waitFor();

  await admin.getByRole("button", { name: "Save and start the first sync" }).click();
  await admin.waitForURL(new RegExp(`/integrations/${integration}$`));

  expect([await answerTo(receiver), await sharedWith()]).toEqual([200, ["Service"]]);
  await receiver.goto(demo.at("/integrations"));
  await receiver
    .getByRole("row", { name: /Key accounts/ })
    .getByText("From Sales")
    .waitFor();
  await receiver.getByRole("link", { name: "Key accounts" }).click();
  const sync = receiver.getByRole("button", { name: "Sync now" });
  await sync.waitFor();
  expect(await sync.getAttribute("aria-disabled")).toBe("true");
  await receiver.goto(demo.at(`/settings/groups/${groups.Service}`));
  await receiver.getByRole("region", { name: "Shared with this group" }).getByText("from Sales").waitFor();
});

test("who received it disconnects it for their group, and the owner is told", async () => {
  await receiver.goto(demo.at(`/integrations/${integration}/settings`));
  const access = cardOf(receiver, "Groups with access");
  await access.getByText("Sales", { exact: true }).waitFor();
  await access.getByRole("button", { name: "Disconnect" }).click();
  const asked = receiver.getByRole("dialog", { name: "Disconnect Key accounts for Service?" });
  await asked.getByText("Sales keeps it, is told on the timeline, and can share it again.").waitFor();

  await asked.getByRole("button", { name: "Disconnect" }).click();

  await receiver.waitForURL(/\/integrations$/);
  await receiver.getByText("Key accounts is disconnected for Service.").waitFor();
  expect(await receiver.getByRole("link", { name: "Key accounts" }).count()).toBe(0);
  expect([await answerTo(receiver), await sharedWith()]).toEqual([404, []]);
  await admin.goto(demo.at(`/integrations/${integration}/timeline`));
  const told = admin.getByRole("listitem").filter({ hasText: "Disconnected it for the group Service" });
  await told.getByText("Vito Lund").first().waitFor();

  const again = { group_id: groups.Sales, groups: [groups.Service] };
  await askApi(admin, `integrations/${integration}/shares`, again, "PUT");
  await receiver.goto(demo.at(`/settings/groups/${groups.Service}`));
  const received = receiver.getByRole("region", { name: "Shared with this group" });
  await received.getByRole("button", { name: "Disconnect" }).click();
  await receiver.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await received.waitFor({ state: "hidden" });
  expect(await sharedWith()).toEqual([]);
  await askApi(admin, `integrations/${integration}/shares`, again, "PUT");
});

test("access is changed later, by the same step", async () => {
  await admin.goto(demo.at(`/integrations/${integration}/settings`));
  const access = cardOf(admin, "Groups with access");
  await access.getByText("Service").waitFor();
  await access.getByRole("link", { name: "Change the groups" }).click();
  const list = admin.getByRole("list", { name: "Groups with access" });
  await list.getByRole("checkbox", { name: "Service" }).click();
  await list.getByRole("checkbox", { name: "Legal" }).click();
  await admin.getByRole("link", { name: "Continue to review" }).click();
  await admin.getByText("Legal will have access once you save. Service will have none any more.").waitFor();
  // Meanwhile somebody else shares it with nobody.
  await askApi(admin, `integrations/${integration}/shares`, { group_id: groups.Sales, groups: [] }, "PUT");

  await admin.getByRole("button", { name: "Save", exact: true }).click();
  const conflict = admin.getByRole("alert").filter({ hasText: "Somebody else changed this set-up" });
  await conflict.getByRole("region", { name: "As it is now" }).getByText("Sales alone").waitFor();
  await conflict.getByRole("region", { name: "As you have it" }).getByText("Sales and Legal").waitFor();
  await conflict.getByRole("button", { name: "Save mine instead" }).click();
  await admin.waitForURL(new RegExp(`/integrations/${integration}$`));

  expect([await answerTo(receiver), await sharedWith()]).toEqual([404, ["Legal"]]);
  await admin.goto(demo.at(`/integrations/${integration}/timeline`));
  await admin.getByText(/Shared it with the group Legal/).waitFor();
  await admin.getByText(/Shares it with the group Service no longer/).waitFor();
});
