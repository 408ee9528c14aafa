import { expect, test } from "vitest";
import type { TimelineEntryBody } from "../api/types";
import { isTrouble, timelineWords } from "./timeline-words";

const entry: TimelineEntryBody = {
  id: "tml_1",
  kind: "field.added",
  integration_id: null,
  sync_rule_id: null,
  sobject: "Account",
  field: "Region__c",
  user_id: null,
  user_name: null,
  before: null,
  after: null,
  happened_at: "2026-11-22T12:00:00Z",
};

test("each kind is a sentence of its own", () => {
  expect(timelineWords(entry)).toBe("Account.Region__c is new in the org and is copied from now on");
  expect(timelineWords({ ...entry, kind: "connection.refused", after: "token.revoked" })).toBe(
    "Salesforce no longer accepts the connection (token.revoked)",
  );
  expect(timelineWords({ ...entry, kind: "rule.changed", field: null, before: "a", after: "b" })).toBe(
    "Changed Account from a to b",
  );
  expect(timelineWords({ ...entry, kind: "share.granted", after: "Service" })).toBe("Shared it with the group Service");
  expect(
    timelineWords({ ...entry, kind: "connection.restored", before: "ada@acme.example", after: "bo@acme.example" }),
  ).toBe(
    "Connected again as bo@acme.example, before as ada@acme.example; the copy is compared with what that user sees",
  );
  expect(timelineWords({ ...entry, kind: "share.disconnected", before: "Service" })).toBe(
    "Disconnected it for the group Service",
  );
  expect(timelineWords({ ...entry, kind: "connection.restored" })).toBe("Salesforce accepts the connection again");
  expect(timelineWords({ ...entry, kind: "owner_group.changed", before: "Sales" })).toBe(
    "Gave it to the whole workspace, from the group Sales",
  );
});

test("what happened to a group, to the workspace or to an integration that is gone is a sentence too", () => {
  const told = (kind: string, before: string | null, after: string | null) =>
    timelineWords({ ...entry, kind, sobject: null, field: null, before, after });

  expect(told("integration.deleted", "ACME", "its records stay")).toBe(
    'Deleted the integration "ACME"; its records stay',
  );
  expect(told("limits.changed", "no allotment", "4000 calls a day")).toBe(
    "Changed the limits from no allotment to 4000 calls a day",
  );
  expect(told("connection.revoked", null, null)).toBe(
    "Salesforce confirmed that the connection's grant was given back",
  );
  expect(told("workspace.renamed", "North", "South")).toBe("Renamed the workspace from North to South");
  expect(told("workspace.moved", "Europe/Berlin", "Asia/Tokyo")).toBe(
    "Changed the workspace's time zone from Europe/Berlin to Asia/Tokyo",
  );
  expect(told("group.added", null, "Sales")).toBe("Made the group Sales");
  expect(told("group.renamed", "Sales", "Service")).toBe("Renamed the group Sales to Service");
  expect(told("group.deleted", "Sales", null)).toBe("Deleted the group Sales");
  expect(told("group.switched_on", null, "Sales")).toBe("Switched Salesforce on for the group Sales");
  expect(told("group.switched_off", null, "Sales")).toBe("Switched Salesforce off for the group Sales");
  expect(told("group.members_added", null, "Sales: Ada, Ben")).toBe("Took into the group Sales: Ada, Ben");
  expect(told("group.members_removed", "Sales: Ada", null)).toBe("Took out of the group Sales: Ada");
});

test("a kind that is not known yet is still shown", () => {
  expect(timelineWords({ ...entry, kind: "something.new" })).toBe("something.new Account.Region__c");
  expect(isTrouble("something.new")).toBe(false);
  expect(isTrouble("connection.refused")).toBe(true);
});
