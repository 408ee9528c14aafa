import { expect, test } from "vitest";
import { readShortcut, shortcuts } from "./shortcuts";

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

test("single keys help, search and run", () => {
  expect(readShortcut(at("r"), undefined)).toEqual({ kind: "run" });
  expect(readShortcut(at("R"), undefined)).toBeUndefined();
  expect(readShortcut(at("?"), undefined)).toEqual({ kind: "help" });
  expect(readShortcut(at("/"), undefined)).toEqual({ kind: "search" });
});

test("every key that does something is in the list", () => {
  const listed = shortcuts.map(({ keys }) => keys);
  for (const keys of ["?", "/", "g h", "g i", "g d", "g t", "g s", "r", "j", "k", "Enter", "Esc"])
    expect(listed).toContain(keys);
});
