// SPDX-License-Identifier: Apache-2.0
// The lines of docs/orgsim.md for jsforce do what they say.
import assert from "node:assert/strict";
import { test } from "node:test";
import jsforce from "jsforce";
import { StreamingExtension } from "jsforce/lib/api/streaming.js";
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

test("the documented lines hear of changes", async () => {
  const start = await startOrg();
  const org = new jsforce.Connection({ instanceUrl: start.base_url, accessToken: start.access_token });
  const [imported, ...lines] = findSnippet("StreamingExtension").split("\n");
  // What this file imports is what the manual imports.
  assert.equal(imported, 'import { StreamingExtension } from "jsforce/lib/api/streaming.js";');
  const listen = new Function("org", "StreamingExtension", "console", `${lines.join("\n")}; return client;`);

  let client;
  const heard = new Promise((resolve) => {
    client = listen(org, StreamingExtension, { log: resolve });
  });
  await org.sobject("Account").create({ Name: "Heard of" });

  assert.equal((await heard).payload.Name, "Heard of");
  // Before the org is gone: a client that cannot say so tries again for ever.
  await client.disconnect();
  start.stop();
});
