// SPDX-License-Identifier: Apache-2.0
// @tsmztech/mcp-server-salesforce: tools for agents, on jsforce.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { startOrg } from "../orgsim.mjs";

let org;
let server;

before(async () => {
  org = await startOrg("--tls", "--accounts", "2500");
  server = await startServer({
    SALESFORCE_CONNECTION_TYPE: "User_Password",
    SALESFORCE_USERNAME: org.username,
    SALESFORCE_PASSWORD: org.password,
    SALESFORCE_TOKEN: org.security_token,
  });
});

after(async () => {
  await server.close();
  org.stop();
});

async function startServer(settings) {
  const client = new Client({ name: "agent", version: "1.0.0" });
  const path = fileURLToPath(import.meta.resolve("@tsmztech/mcp-server-salesforce/dist/index.js"));
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: org.ca_file, SALESFORCE_INSTANCE_URL: org.base_url, ...settings };
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [path], env, stderr: "ignore" }));
  return client;
}

/** Calls a tool; resolves to the text of its answer, and whether it is an error. */
async function ask(name, args) {
  const answer = await server.callTool({ name: `salesforce_${name}`, arguments: args });
  return { text: answer.content.map(({ text }) => text).join("\n"), isError: answer.isError === true };
}

test("finds and describes sObjects", async () => {
  assert.match((await ask("search_objects", { searchPattern: "Project" })).text, /Project__c \(Custom\)/);
  const described = await ask("describe_object", { objectName: "Contact" });
  assert.match(described.text, /AccountId/);
  assert.match(described.text, /References: Account/);
});

test("creates, queries, changes and deletes records", async () => {
  const created = await ask("dml_records", { operation: "insert", objectName: "Account", records: [{ Name: "Agent 1", External_Id__c: "js-mcp" }, { Name: "Agent 2" }] });
  assert.match(created.text, /Successful: 2/);
  const found = await ask("query_records", { objectName: "Account", fields: ["Id", "Name"], whereClause: "Name LIKE 'Agent %'", orderBy: "Name" });
  assert.match(found.text, /Query returned 2 records/);
  const ids = [...found.text.matchAll(/001\w{15}/g)].map(([id]) => id);
  assert.equal(ids.length, 2);

  const updated = await ask("dml_records", { operation: "update", objectName: "Account", records: ids.map((Id) => ({ Id, Site: "mcp" })) });
  assert.match(updated.text, /Successful: 2/);
  const upserted = await ask("dml_records", { operation: "upsert", objectName: "Account", externalIdField: "External_Id__c", records: [{ Name: "Agent 3", External_Id__c: "js-mcp" }] });
  assert.match(upserted.text, /Successful: 1/);
  const deleted = await ask("dml_records", { operation: "delete", objectName: "Account", records: ids.map((Id) => ({ Id })) });
  assert.match(deleted.text, /Successful: 2/);
});

test("reports what is refused", async () => {
  const failed = await ask("dml_records", { operation: "insert", objectName: "Contact", records: [{ FirstName: "Only" }] });
  assert.match(failed.text, /Failed: 1/);
  assert.match(failed.text, /Required fields are missing: \[LastName\]/);
  const bad = await ask("query_records", { objectName: "Account", fields: ["Nothing"] });
  assert.ok(bad.isError);
  assert.match(bad.text, /No such column 'Nothing'/);
});

test("counts groups", async () => {
  const counted = await ask("aggregate_query", { objectName: "Account", selectFields: ["Type", "COUNT(Id) AccountCount"], groupByFields: ["Type"] });
  assert.ok(!counted.isError, counted.text);
  assert.match(counted.text, /AccountCount: \d+/);
});

test("searches", async () => {
  await ask("dml_records", { operation: "insert", objectName: "Account", records: [{ Name: "Agent Zebra" }] });
  const found = await ask("search_all", { searchTerm: "Zebra", searchIn: "NAME FIELDS", objects: [{ name: "Account", fields: ["Name"] }] });
  assert.match(found.text, /Agent Zebra/);
});
