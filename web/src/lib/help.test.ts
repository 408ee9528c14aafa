import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { helpFor } from "./help";

/** Every address of the application, as its router knows them. */
const tree = readFileSync(new URL("../routeTree.gen.ts", import.meta.url), "utf8");
const [, table = ""] = /interface FileRoutesByTo \{([^}]*)\}/.exec(tree) ?? [];
const paths = [...table.matchAll(/["'](\/[^"']*)["']: typeof/g)].map(([, path = ""]) =>
  path.replaceAll(/\$(\w+)/g, "some_$1"),
);

test("the router's addresses are found", () => {
  expect(paths).toEqual(expect.arrayContaining(["/", "/sign-in", "/integrations/some_id/set-up/review"]));
});

test.each(paths)("%s says what it is, and where more stands", (path) => {
  const help = helpFor(path);

  expect(help?.lines.length).toBeGreaterThan(0);
  expect(help?.lines.length).toBeLessThanOrEqual(5);
  expect(existsSync(new URL(`../../../docs/${help?.page}.md`, import.meta.url)), help?.page).toBe(true);
});
