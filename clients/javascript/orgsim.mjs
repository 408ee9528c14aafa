// SPDX-License-Identifier: Apache-2.0
// A simulated org for one test file.
import { spawn } from "node:child_process";
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
