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

test("a kind that is not known yet is still shown", () => {
  expect(timelineWords({ ...entry, kind: "something.new" })).toBe("something.new Account.Region__c");
  expect(isTrouble("something.new")).toBe(false);
  expect(isTrouble("connection.refused")).toBe(true);
});
