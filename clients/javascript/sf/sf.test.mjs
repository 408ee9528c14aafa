// SPDX-License-Identifier: Apache-2.0
// The sf command line: sign-in by token and by JWT, records one by one, in bulk and as trees.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startOrg } from "../orgsim.mjs";

const program = join(import.meta.dirname, "node_modules/@salesforce/cli/bin/run.js");

let org;
let folder;

before(async () => {
  org = await startOrg("--accounts", "2500", "--contacts", "2600");
  folder = await mkdtemp(join(tmpdir(), "orgsim-sf-"));
  await sf(["org", "login", "access-token", "--instance-url", org.base_url, "--alias", "token", "--no-prompt"], { SF_ACCESS_TOKEN: org.access_token });
  const jwt = ["--client-id", org.client_id, "--jwt-key-file", org.jwt_key_file, "--username", org.username, "--instance-url", org.base_url];
  await sf(["org", "login", "jwt", ...jwt, "--alias", "sim", "--set-default"]);
});

after(async () => {
  org.stop();
  await rm(folder, { recursive: true });
});

/** Runs a command; resolves to what it answers as JSON, and rejects with that where it fails. */
function sf(args, env = {}) {
  const settings = { HOME: folder, SF_DISABLE_TELEMETRY: "true", SF_AUTOUPDATE_DISABLE: "true", SF_SKIP_NEW_VERSION_CHECK: "true", SF_USE_GENERIC_UNIX_KEYCHAIN: "true" };
  const options = { cwd: folder, env: { ...process.env, ...settings, ...env }, maxBuffer: 64 << 20 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args, "--json"], options, (error, stdout, stderr) => {
      let answer;
      try {
        answer = JSON.parse(stdout);
      } catch {
        return reject(new Error(`${args.join(" ")}: ${stderr || stdout || error}`));
      }
      return error ? reject(Object.assign(new Error(answer.message), answer)) : resolve(answer.result);
    });
  });
}

const query = async (soql) => (await sf(["data", "query", "--query", soql])).records;
const refuses = (args, expected) => assert.rejects(sf(args), expected);

async function write(name, text) {
  await writeFile(join(folder, name), text);
  return name;
}

test("knows whom it signed in", async () => {
  const shown = await sf(["org", "display"]);
  assert.deepEqual([shown.username, shown.id, shown.connectedStatus], [org.username, org.org_id, "Connected"]);
  const [first] = await query(`SELECT Username FROM User WHERE Username = '${org.username}'`);
  assert.equal(first.Username, org.username);
});

test("is refused with a wrong token", async () => {
  const wrong = ["org", "login", "access-token", "--instance-url", org.base_url, "--no-prompt"];
  await assert.rejects(sf(wrong, { SF_ACCESS_TOKEN: `${org.org_id.slice(0, 15)}!wrong` }));
});

test("lists and describes sObjects", async () => {
  const names = await sf(["sobject", "list", "--sobject", "all"]);
  assert.ok(["Account", "Contact", "Project__c"].every((name) => names.includes(name)));
  const described = await sf(["sobject", "describe", "--sobject", "Contact"]);
  assert.equal(described.keyPrefix, "003");
  assert.deepEqual(described.fields.find(({ name }) => name === "AccountId").referenceTo, ["Account"]);
});

test("pages past 2,000 rows, and reads children", async () => {
  const rows = await query("SELECT Id FROM Contact");
  assert.equal(new Set(rows.map(({ Id }) => Id)).size, 2600);
  const [parent] = await query("SELECT Id, (SELECT LastName FROM Contacts LIMIT 3) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) LIMIT 1");
  assert.equal(parent.Contacts.records.length, parent.Contacts.totalSize);
});

test("creates, reads, changes and deletes a record", async () => {
  const { id } = await sf(["data", "create", "record", "--sobject", "Account", "--values", "Name='Sf One' NumberOfEmployees=3"]);
  const read = await sf(["data", "get", "record", "--sobject", "Account", "--record-id", id]);
  assert.deepEqual([read.Name, read.NumberOfEmployees], ["Sf One", 3]);
  await sf(["data", "update", "record", "--sobject", "Account", "--where", "Name='Sf One'", "--values", "Name='Sf Two'"]);
  assert.equal((await query(`SELECT Name FROM Account WHERE Id = '${id}'`))[0].Name, "Sf Two");

  await sf(["data", "delete", "record", "--sobject", "Account", "--record-id", id]);

  await refuses(["data", "get", "record", "--sobject", "Account", "--record-id", id], { name: "ENTITY_IS_DELETED" });
});

test("is refused what breaks a rule", async () => {
  await refuses(["data", "create", "record", "--sobject", "Contact", "--values", "FirstName=Only"], { name: "REQUIRED_FIELD_MISSING" });
  await refuses(["data", "query", "--query", "SELECT Nothing FROM Account"], { name: "INVALID_FIELD" });
  await refuses(["data", "query", "--query", "SELECT FROM"], { name: "MALFORMED_QUERY" });
  await refuses(["sobject", "describe", "--sobject", "Nothing__c"], { name: "NOT_FOUND" });
});

test("loads, upserts, changes and deletes in bulk", async () => {
  const job = ["--sobject", "Account", "--wait", "2"];
  const created = await sf(["data", "import", "bulk", ...job, "--file", await write("insert.csv", "Name,External_Id__c,Site\nA,sf-1,bulk\nB,sf-2,bulk\n")]);
  assert.deepEqual([created.processedRecords, created.failedRecords], [2, 0]);
  const upserted = await sf(["data", "upsert", "bulk", ...job, "--external-id", "External_Id__c", "--file", await write("upsert.csv", "Name,External_Id__c\nA2,sf-1\nC,sf-3\n")]);
  assert.equal(upserted.jobInfo.state, "JobComplete");
  assert.deepEqual((await query("SELECT Name FROM Account WHERE External_Id__c LIKE 'sf-%' ORDER BY External_Id__c")).map(({ Name }) => Name), ["A2", "B", "C"]);

  const ids = (await query("SELECT Id FROM Account WHERE External_Id__c LIKE 'sf-%'")).map(({ Id }) => Id);
  const changed = await sf(["data", "update", "bulk", ...job, "--file", await write("update.csv", `Id,Name\n${ids[0]},New\n`)]);
  assert.equal(changed.successfulRecords, 1);
  const deleted = await sf(["data", "delete", "bulk", ...job, "--file", await write("delete.csv", `Id\n${ids.join("\n")}\n`)]);
  assert.equal(deleted.jobInfo.numberRecordsProcessed, 3);
});

test("reports the rows of a bulk job that failed", async () => {
  const file = await write("bad.csv", `Name\nGood\n${"x".repeat(300)}\n`);
  let job;
  await refuses(["data", "import", "bulk", "--sobject", "Account", "--wait", "2", "--file", file], (error) => {
    job = error.data.jobId;
    return error.name === "FailedRecordDetailsError";
  });

  const results = await sf(["data", "bulk", "results", "--job-id", job]);

  assert.deepEqual([results.processedRecords, results.successfulRecords, results.failedRecords], [2, 1, 1]);
  assert.match(await readFile(join(folder, results.failedFilePath), "utf8"), /STRING_TOO_LONG/);
});

test("resumes a bulk job that it did not wait for", async () => {
  const file = await write("later.csv", "Name\nLater\n");
  const { jobId } = await sf(["data", "import", "bulk", "--sobject", "Account", "--file", file]);
  const resumed = await sf(["data", "import", "resume", "--job-id", jobId]);
  assert.equal(resumed.successfulRecords, 1);
});

test("exports in bulk", async () => {
  const exported = await sf(["data", "export", "bulk", "--query", "SELECT Id, LastName FROM Contact", "--output-file", "contacts.csv", "--result-format", "csv", "--wait", "5"]);
  assert.equal(exported.totalSize, 2600);
  const lines = (await readFile(join(folder, "contacts.csv"), "utf8")).trim().split("\n");
  assert.equal(lines[0], '"Id","LastName"');
  assert.equal(lines.length, 2601);
});

test("exports and imports trees", async () => {
  const { id } = await sf(["data", "create", "record", "--sobject", "Account", "--values", "Name='Tree root'"]);
  await sf(["data", "create", "record", "--sobject", "Contact", "--values", `LastName=Leaf AccountId=${id}`]);
  await sf(["data", "export", "tree", "--query", `SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '${id}'`, "--plan", "--output-dir", "tree"]);

  const imported = await sf(["data", "import", "tree", "--plan", "tree/Account-Contact-plan.json"]);

  assert.deepEqual(imported.map(({ type }) => type), ["Account", "Contact"]);
  const [leaf] = await query(`SELECT Account.Name FROM Contact WHERE Id = '${imported[1].id}'`);
  assert.equal(leaf.Account.Name, "Tree root");
});

test("reads limits, counts and any path", async () => {
  const limits = await sf(["org", "list", "limits"]);
  assert.equal(limits.find(({ name }) => name === "DailyApiRequests").max, 15000);
  const counts = await sf(["org", "list", "sobject", "record-counts", "--sobject", "Contact"]);
  assert.ok(counts.find(({ name }) => name === "Contact").count >= 2600);
});

test("searches", async () => {
  await sf(["data", "create", "record", "--sobject", "Account", "--values", "Name='Searchable Zebra'"]);
  const found = await sf(["data", "search", "--query", "FIND {Zebra} IN NAME FIELDS RETURNING Account(Id, Name)"]);
  assert.deepEqual(found.searchRecords.map(({ Name }) => Name), ["Searchable Zebra"]);
});

test("lists users and assigns a permission set", async () => {
  const shown = await sf(["org", "display", "user"]);
  assert.deepEqual([shown.username, shown.profileName], [org.username, "System Administrator"]);
  const users = await sf(["org", "list", "users"]);
  assert.deepEqual(users.map(({ username, profileName, userId }) => [username, profileName, userId]), [[org.username, "System Administrator", shown.id]]);

  const [set] = await query("SELECT Id, Name FROM PermissionSet WHERE IsOwnedByProfile = false AND LicenseId = null AND NamespacePrefix = null AND Type = 'Regular' LIMIT 1");
  const [assigned] = (await sf(["org", "assign", "permset", "--name", set.Name])).successes;
  assert.deepEqual([assigned.name, assigned.value], [org.username, set.Name]);
  assert.equal((await query(`SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '${set.Id}' AND AssigneeId = '${shown.id}'`)).length, 1);
});

test("queries by the tooling API and calls any path", async () => {
  const found = await sf(["data", "query", "--use-tooling-api", "--query", "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Account'"]);
  assert.deepEqual(found.records.map(({ QualifiedApiName }) => QualifiedApiName), ["Account"]);
});
