import { expect, test } from "vitest";
import type { GroupBody, IntegrationBody, SharesBody } from "../api/types";
import {
  accessWords,
  connectedWith,
  reasonAgainstRunning,
  sharingChanges,
  sharingWords,
  wantedSharing,
} from "./sharing";

function group(id: string, connected: string[] = []): GroupBody {
  const name = id.charAt(0).toUpperCase() + id.slice(1);
  const nothing = { salesforce_on_at: null, is_mine: false, members: [], integrations: [], received: [], version: "1" };
  return { id, name, connected, created_at: "2026-11-22T12:00:00Z", ...nothing };
}

const all = [group("sales", ["service", "legal"]), group("service", ["sales"]), group("legal", ["sales"])];
const shares: SharesBody = {
  group: { id: "sales", name: "Sales" },
  groups: [{ id: "service", name: "Service", shared_at: "2026-11-22T12:00:00Z" }],
  version: "1",
};
const saved = { owner: "sales", others: ["service"] };

test("what is chosen holds as far as the groups are still there and connected", () => {
  expect(wantedSharing(shares, null, all)).toEqual(saved);
  expect(wantedSharing(shares, { group_id: "sales", groups: ["legal", "gone"], seen: "1" }, all)).toEqual({
    owner: "sales",
    others: ["legal"],
  });
  expect(wantedSharing(shares, { group_id: "gone", groups: [], seen: "1" }, all)).toEqual({
    owner: "sales",
    others: [],
  });
  expect(wantedSharing(shares, { group_id: null, groups: ["legal"], seen: "1" }, all)).toEqual({
    owner: null,
    others: [],
  });
  expect(connectedWith("service", all).map(({ id }) => id)).toEqual(["sales"]);
});

test("who has access is told in words, and what saving changes", () => {
  const [alone, nobody] = [
    { owner: "sales", others: [] },
    { owner: null, others: [] },
  ];
  expect(
    [nobody, alone, { owner: "sales", others: ["service", "legal"] }].map((one) => sharingWords(one, all)),
  ).toEqual(["Everybody in the workspace", "Sales alone", "Sales, Service and Legal"]);
  expect(sharingChanges(saved, { owner: "sales", others: ["legal"] }, all)).toEqual([
    "Legal will have access once you save.",
    "Service will have none any more.",
  ]);
  expect(sharingChanges(nobody, alone, all)).toEqual([
    "Only Sales and who manages integrations have access once you save.",
  ]);
  expect(sharingChanges(saved, nobody, all)).toEqual(["Everybody in the workspace has access once you save."]);
  expect(sharingChanges(saved, { owner: "sales", others: ["service"] }, all)).toEqual([]);
});

test("a received integration says from whom, and who runs it", () => {
  const own = {
    group: { id: "sales", name: "Sales" },
    shared_with: [],
    is_received: false,
  } as unknown as IntegrationBody;
  const received = { ...own, is_received: true };
  expect(
    [{ ...own, group: null }, own, { ...own, shared_with: [{ id: "a", name: "A" }] }, received].map(accessWords),
  ).toEqual(["Everybody", "Sales", "Sales + 1", "From Sales"]);
  expect(reasonAgainstRunning(own, "operator")).toBeUndefined();
  expect(reasonAgainstRunning(received, "operator")).toBe("Sales shares this with your group, and alone runs it.");
  expect(reasonAgainstRunning(received, "viewer")).toMatch(/^Only operators/);
});
