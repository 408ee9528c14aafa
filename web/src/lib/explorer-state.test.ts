import { expect, it } from "vitest";
import { chooseColumns, fromTheTop, readExplorerState } from "./explorer-state";

it("reads a state and leaves out what it does not understand", () => {
  const state = readExplorerState({ q: 42, filter: "Name:eq:Acme", gone: "maybe", page: -1, evil: "x" });

  expect(JSON.parse(JSON.stringify(state))).toEqual({ q: "42", filter: ["Name:eq:Acme"] });
});

it("goes back to the first page when what is shown changes", () => {
  const state = fromTheTop({ q: "acme", page: 3, after: "c", trail: ["", "b"] }, { sort: "Name" });

  expect(JSON.parse(JSON.stringify(state))).toEqual({ q: "acme", sort: "Name" });
});

it("shows what names a record first, and what somebody chose as they chose it", () => {
  const all = ["Id", "OwnerId", "Industry", "Name"].map((name) => ({ name }));

  expect(chooseColumns(all, undefined).map(({ name }) => name)).toEqual(["Name", "Industry"]);
  expect(chooseColumns(all, "OwnerId,Gone__c,Id").map(({ name }) => name)).toEqual(["OwnerId", "Id"]);
  expect(chooseColumns(all.slice(0, 2), undefined)).toHaveLength(2);
});
