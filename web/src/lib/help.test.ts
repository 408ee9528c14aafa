import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { helpFor } from "./help";

const id = "/integrations/int_1";
const paths = [
  "/",
  "/integrations",
  "/integrations/new",
  id,
  `${id}/runs`,
  `${id}/rules`,
  `${id}/mappings`,
  `${id}/timeline`,
  `${id}/settings`,
  `${id}/set-up/objects`,
  `${id}/set-up/fields`,
  `${id}/set-up/mappings`,
  `${id}/set-up/review`,
  "/runs/run_1",
  "/data",
  "/data/int_1/Account",
  "/timeline",
  "/settings",
  "/settings/members",
  "/settings/groups",
  "/settings/keys",
  "/settings/salesforce",
];

test.each(paths)("%s says what it is, and where more stands", (path) => {
  const help = helpFor(path);

  expect(help?.lines.length).toBeGreaterThan(0);
  expect(help?.lines.length).toBeLessThanOrEqual(5);
  expect(existsSync(new URL(`../../../docs/${help?.page}.md`, import.meta.url)), help?.page).toBe(true);
});
