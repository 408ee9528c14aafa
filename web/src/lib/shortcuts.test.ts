import { expect, test } from "vitest";
import { readShortcut } from "./shortcuts";

const at = (key: string, at = 0) => ({ key, at });

test("two keys lead to a place", () => {
  expect(readShortcut(at("i", 500), at("g"))).toEqual({ kind: "go", to: "/integrations" });
  expect(readShortcut(at("h", 500), at("g"))).toEqual({ kind: "go", to: "/" });
});

test("the second key comes in time, after the right one, or not at all", () => {
  expect(readShortcut(at("i", 2_000), at("g"))).toBeUndefined();
  expect(readShortcut(at("i", 500), at("x"))).toBeUndefined();
  expect(readShortcut(at("i"), undefined)).toBeUndefined();
});

test("single keys help and search", () => {
  expect(readShortcut(at("?"), undefined)).toEqual({ kind: "help" });
  expect(readShortcut(at("/"), undefined)).toEqual({ kind: "search" });
});
