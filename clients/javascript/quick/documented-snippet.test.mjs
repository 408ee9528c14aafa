// SPDX-License-Identifier: Apache-2.0
// The lines of docs/orgsim.md for jsforce do what they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import jsforce from "jsforce";
import { findSnippet, startOrg } from "../orgsim.mjs";

test("the documented lines sign in", async () => {
  const start = await startOrg();
  // A name in angle brackets is a member of the start line.
  const lines = findSnippet("jsforce.Connection")
    .replaceAll("http://localhost:4601", start.base_url)
    .replaceAll(/<(\w+)>/g, (_, name) => start[name]);
  const AsyncFunction = (async () => {}).constructor;

  const org = await new AsyncFunction("jsforce", `${lines}; return { org };`)(jsforce);

  assert.equal((await org.org.query("SELECT COUNT() FROM Account")).totalSize, 200);
  start.stop();
});
