// SPDX-License-Identifier: Apache-2.0
// A simulated org for one test file.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** Starts an org and resolves to the members of its start line, and `stop`. */
export async function startOrg(...options) {
  const child = spawn(process.env.ORGSIM_BINARY, ["--port", "0", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    lines.close();
    return { ...JSON.parse(line), stop: () => child.kill() };
  }
  throw new Error("the simulated org did not start");
}

/** Returns the indented lines of docs/orgsim.md that hold a word. */
export function findSnippet(word) {
  const manual = readFileSync(new URL("../../docs/orgsim.md", import.meta.url), "utf8");
  const blocks = manual.match(/(^ {4}.*\n)+/gm).filter((block) => block.includes(word));
  if (blocks.length !== 1) throw new Error(`${blocks.length} snippets hold ${word}`);
  return blocks[0].replaceAll(/^ {4}/gm, "");
}
