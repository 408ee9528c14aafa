// SPDX-License-Identifier: Apache-2.0
// The commands of docs/orgsim.md for the sf command line do what they say.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { findSnippet, startOrg } from "../orgsim.mjs";

const commands = join(import.meta.dirname, "node_modules/.bin");

let org;
let home;

before(async () => {
  org = await startOrg();
  home = await mkdtemp(join(tmpdir(), "orgsim-sf-"));
});

after(async () => {
  org.stop();
  await rm(home, { recursive: true });
});

/** Runs the lines of the manual that hold a word, with what they leave open. */
async function run(word) {
  const open = { SF_ACCESS_TOKEN: org.access_token, "--client-id": org.client_id, "--jwt-key-file": org.jwt_key_file, "--username": org.username };
  const lines = findSnippet(word)
    .replaceAll("http://localhost:4601", org.base_url)
    .replaceAll(/(\S+?)([= ])…/g, (_, name, between) => `${name}${between}${open[name]}`);
  const env = { ...process.env, HOME: home, PATH: commands + delimiter + process.env.PATH, SF_DISABLE_TELEMETRY: "true", SF_AUTOUPDATE_DISABLE: "true" };
  const { stdout } = await promisify(execFile)("bash", ["-euc", lines], { env });
  return stdout;
}

test("the documented commands sign in by token and query", async () => {
  const shown = await run("sf org login access-token");

  assert.match(shown, /Successfully authorized/);
  assert.match(shown, /Total number of records retrieved: 5\./);
});

test("the documented command signs in by JWT", async () => {
  assert.match(await run("sf org login jwt"), /Successfully authorized/);
});
