/** The pages of the data, of the settings and before the sign-in; those of an integration have a file of their own. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { rows, testPages } from "./accessibility.ts";

test("every route of the router has a row", async () => {
  const tree = await readFile(new URL("../src/routeTree.gen.ts", import.meta.url), "utf8");
  const paths = [...tree.matchAll(/fullPath: "([^"]+)"/g)].map(([, path]) => path?.replace(/(.)\/$/, "$1"));
  expect(paths.length).toBeGreaterThan(0);
  expect(Object.keys(rows).sort()).toEqual([...new Set(paths)].sort());
});

testPages((route) => !route.startsWith("/integrations"));
