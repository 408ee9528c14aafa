import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { asScript } from "./app-guide";

test("the script writes the files as they are", () => {
  const files = [
    { path: "sfdx-project.json", text: "{}\n" },
    { path: "force-app/main/default/a b.xml", text: "<a>$HOME `id` 'x'</a>\n" },
  ];
  const folder = mkdtempSync(join(tmpdir(), "towpath-app-"));

  execFileSync("sh", ["-c", asScript(files)], { cwd: folder });

  for (const { path, text } of files) expect(readFileSync(join(folder, path), "utf8")).toBe(text);
  rmSync(folder, { recursive: true });
});

test("the script makes a key, and puts its certificate where it belongs", () => {
  const path = "force-app/main/default/global.xml";
  const files = [{ path, text: "<certificate>PUT_THE_CERTIFICATE_HERE</certificate>\n" }];
  const folder = mkdtempSync(join(tmpdir(), "towpath-app-"));

  execFileSync("sh", ["-c", asScript(files)], { cwd: folder, stdio: "pipe" });

  const certificate = readFileSync(join(folder, "towpath.crt"), "utf8");
  expect(certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  expect(readFileSync(join(folder, path), "utf8")).toBe(`<certificate>${certificate}</certificate>\n`);
  expect(readFileSync(join(folder, "towpath.key"), "utf8")).toContain("-----BEGIN PRIVATE KEY-----");
  rmSync(folder, { recursive: true });
});
