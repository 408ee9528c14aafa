import { expect, it } from "vitest";
import { fromTheTop, readExplorerState } from "./explorer-state";

it("reads a state and leaves out what it does not understand", () => {
  const state = readExplorerState({ q: 42, filter: "Name:eq:Acme", gone: "maybe", page: -1, evil: "x" });

  expect(JSON.parse(JSON.stringify(state))).toEqual({ q: "42", filter: ["Name:eq:Acme"] });
});

it("goes back to the first page when what is shown changes", () => {
  const state = fromTheTop({ q: "acme", page: 3, after: "c", trail: ["", "b"] }, { sort: "Name" });

  expect(JSON.parse(JSON.stringify(state))).toEqual({ q: "acme", sort: "Name" });
});
