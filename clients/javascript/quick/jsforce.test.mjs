// SPDX-License-Identifier: Apache-2.0
// jsforce: SOAP and OAuth sign-in, REST, Bulk API and Bulk API 2.0.
import assert from "node:assert/strict";
import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import jsforce from "jsforce";
import { startOrg } from "../orgsim.mjs";

let org;
let conn;

before(async () => {
  org = await startOrg("--accounts", "2500", "--contacts", "2600");
  conn = new jsforce.Connection({ instanceUrl: org.base_url, accessToken: org.access_token });
});

after(() => org.stop());

/** Asserts that a call is refused with this code. */
async function refuses(call, code) {
  await assert.rejects(call, (error) => {
    assert.equal(error.errorCode ?? error.name, code, error.message);
    return true;
  });
}

test("signs in by SOAP with password and token", async () => {
  const own = new jsforce.Connection({ loginUrl: org.base_url });

  const user = await own.login(org.username, org.password + org.security_token);

  assert.equal(user.organizationId, org.org_id);
  assert.equal(own.instanceUrl, org.base_url);
  assert.equal((await own.query("SELECT COUNT() FROM Account")).totalSize, 2500);
  const { accessToken } = own;
  await own.logout();
  const ended = new jsforce.Connection({ instanceUrl: org.base_url, accessToken });
  await refuses(() => ended.query("SELECT Id FROM Account LIMIT 1"), "INVALID_SESSION_ID");
});

test("signs in by the password grant", async () => {
  const own = new jsforce.Connection({
    oauth2: { loginUrl: org.base_url, clientId: org.client_id, clientSecret: org.client_secret },
  });

  await own.login(org.username, org.password + org.security_token);

  assert.equal((await own.identity()).username, org.username);
  await own.logout();
});

test("signs in by client credentials and by JWT", async () => {
  const app = new jsforce.Connection({ instanceUrl: org.base_url, oauth2: { loginUrl: org.base_url, clientId: org.client_id, clientSecret: org.client_secret } });
  await app.authorize({ grant_type: "client_credentials" });
  assert.equal((await app.query("SELECT COUNT() FROM Contact")).totalSize, 2600);

  const bearer = new jsforce.Connection({ instanceUrl: org.base_url, oauth2: { loginUrl: org.base_url, clientId: org.client_id } });
  await bearer.authorize({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: signJwt(org) });
  assert.equal((await bearer.identity()).organization_id, org.org_id);
});

function signJwt({ client_id, username, base_url, jwt_key_file }) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { iss: client_id, sub: username, aud: base_url, exp: Math.floor(Date.now() / 1000) + 180 };
  const text = `${encode({ alg: "RS256" })}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(readFileSync(jwt_key_file), "base64url")}`;
}

test("refreshes a session that has ended", async () => {
  const own = new jsforce.Connection({
    oauth2: { loginUrl: org.base_url, clientId: org.client_id, clientSecret: org.client_secret },
    instanceUrl: org.base_url,
    accessToken: `${org.org_id.slice(0, 15)}!ended`,
    refreshToken: org.refresh_token,
  });
  const refreshed = [];
  own.on("refresh", (token) => refreshed.push(token));

  assert.equal((await own.query("SELECT COUNT() FROM Account")).totalSize, 2500);

  assert.equal(refreshed.length, 1);
});

test("is refused with a wrong password", async () => {
  const own = new jsforce.Connection({ loginUrl: org.base_url });
  await assert.rejects(own.login(org.username, "wrong"), /^(INVALID_LOGIN|Error: INVALID_LOGIN|INVALID_LOGIN: ).*/);
});

test("describes the org and an sObject", async () => {
  const all = await conn.describeGlobal();
  assert.equal(all.sobjects.find(({ name }) => name === "Account").keyPrefix, "001");

  const contact = await conn.describe("Contact");
  const account = contact.fields.find(({ name }) => name === "AccountId");
  assert.deepEqual(account.referenceTo, ["Account"]);
  assert.equal(account.relationshipName, "Account");
  assert.equal((await conn.sobject("Account").describe$()).name, "Account");
});

test("pages past 2,000 rows", async () => {
  const first = await conn.query("SELECT Id FROM Account");
  assert.deepEqual([first.records.length, first.done, first.totalSize], [2000, false, 2500]);
  const rest = await conn.queryMore(first.nextRecordsUrl);
  assert.deepEqual([rest.records.length, rest.done], [500, true]);

  const all = await conn.query("SELECT Id FROM Contact", { autoFetch: true, maxFetch: 10000 });
  assert.equal(new Set(all.records.map(({ Id }) => Id)).size, 2600);

  const streamed = [];
  const query = conn.query("SELECT Id FROM Account").on("record", ({ Id }) => streamed.push(Id));
  await query.run({ autoFetch: true, maxFetch: 10000 });
  assert.equal(streamed.length, 2500);
});

test("finds records with children, sorted and limited", async () => {
  const parent = await conn.query("SELECT AccountId, COUNT(Id) n FROM Contact WHERE AccountId != null GROUP BY AccountId ORDER BY COUNT(Id) DESC LIMIT 1");
  const { AccountId, n } = parent.records[0];

  const rows = await conn
    .sobject("Account")
    .find({ Id: { $in: [AccountId] }, CreatedDate: { $lt: jsforce.SfDate.toDateTimeLiteral(new Date()) } }, ["Id", "Owner.Name"])
    .include("Contacts", {}, ["Id", "AccountId"])
    .sort({ LastName: 1 })
    .limit(500)
    .end()
    .limit(5)
    .execute();

  assert.equal(rows.length, 1);
  assert.equal(rows[0].Contacts.totalSize, n);
  assert.ok(rows[0].Contacts.records.every((child) => child.AccountId === AccountId));
  assert.equal(await conn.sobject("Account").count(), 2500);
});

test("creates, reads, changes and deletes a record", async () => {
  const created = await conn.sobject("Account").create({ Name: "Zürich “Quotes”" });
  assert.deepEqual({ ...created, id: created.id.length }, { id: 18, success: true, errors: [] });

  assert.equal((await conn.sobject("Account").retrieve(created.id)).Name, "Zürich “Quotes”");
  assert.deepEqual(await conn.sobject("Account").update({ Id: created.id, Name: "New" }), { id: created.id, success: true, errors: [] });
  assert.equal((await conn.query(`SELECT Name FROM Account WHERE Id = '${created.id}'`)).records[0].Name, "New");

  assert.deepEqual(await conn.sobject("Account").destroy(created.id), { id: created.id, success: true, errors: [] });
  await refuses(() => conn.sobject("Account").retrieve(created.id), "ENTITY_IS_DELETED");
});

test("upserts by an external id", async () => {
  const projects = conn.sobject("Account");
  const first = await projects.upsert({ Name: "One", External_Id__c: "js-1" }, "External_Id__c");
  assert.equal(first.success, true);
  assert.equal(first.created, true);
  const second = await projects.upsert({ Name: "Two", External_Id__c: "js-1" }, "External_Id__c");
  assert.deepEqual([second.id, second.created], [first.id, false]);
  await refuses(() => projects.create({ Name: "Three", External_Id__c: "js-1" }), "DUPLICATE_VALUE");
});

test("writes collections, and reports each row", async () => {
  const rows = Array.from({ length: 250 }, (_, index) => ({ LastName: `Many ${index}`, Description: "many" }));
  const created = await conn.sobject("Contact").create(rows, { allowRecursive: true });
  assert.equal(created.filter(({ success }) => success).length, 250);

  const mixed = await conn.sobject("Contact").create([{ LastName: "Good" }, { FirstName: "Bad" }]);
  assert.deepEqual(mixed.map(({ success }) => success), [true, false]);
  assert.equal(mixed[1].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
  assert.deepEqual(mixed[1].errors[0].fields, ["LastName"]);

  const none = await conn.sobject("Contact").create([{ LastName: "Good" }, { FirstName: "Bad" }], { allOrNone: true });
  assert.deepEqual(none.map(({ errors }) => errors[0].statusCode), ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]);

  const ids = created.map(({ id }) => id);
  const read = await conn.sobject("Contact").retrieve(ids.slice(0, 200));
  assert.deepEqual(read.map(({ Id }) => Id), ids.slice(0, 200));
  const updated = await conn.sobject("Contact").update(ids.map((Id) => ({ Id, Title: "Changed" })), { allowRecursive: true });
  assert.equal(updated.filter(({ success }) => success).length, 250);
  const gone = await conn.sobject("Contact").destroy(ids, { allowRecursive: true });
  assert.equal(gone.filter(({ success }) => success).length, 250);
});

test("is refused what breaks a rule", async () => {
  const contacts = conn.sobject("Contact");
  await refuses(() => contacts.create({ FirstName: "Only" }), "REQUIRED_FIELD_MISSING");
  await refuses(() => contacts.create({ LastName: "x".repeat(81) }), "STRING_TOO_LONG");
  await refuses(() => contacts.create({ LastName: "x", Email: "nobody" }), "INVALID_EMAIL_ADDRESS");
  await refuses(() => contacts.update({ Id: "003000000000000AAA", LastName: "x" }), "NOT_FOUND");
  await refuses(() => conn.query("SELECT Nothing FROM Account"), "INVALID_FIELD");
  await refuses(() => conn.query("SELECT FROM"), "MALFORMED_QUERY");
  await refuses(() => conn.sobject("Nothing__c").describe(), "NOT_FOUND");
});

test("tells what was updated and deleted", async () => {
  const kept = await conn.sobject("Account").create({ Name: "Kept" });
  const gone = await conn.sobject("Account").create({ Name: "Gone" });
  await conn.sobject("Account").destroy(gone.id);
  const end = new Date(Date.now() + 60_000);
  const start = new Date(end.getTime() - 3_600_000);

  const updated = await conn.sobject("Account").updated(start, end);
  const deleted = await conn.sobject("Account").deleted(start, end);

  assert.ok(updated.ids.includes(kept.id));
  assert.ok(deleted.deletedRecords.some(({ id }) => id === gone.id));
});

test("changes and deletes by query", async () => {
  await conn.sobject("Account").create([{ Name: "Query 1", Site: "q" }, { Name: "Query 2", Site: "q" }]);

  const updated = await conn.sobject("Account").find({ Site: "q" }).update({ Description: "${Name}!" });
  assert.deepEqual(updated.map(({ success }) => success), [true, true]);
  const rows = await conn.sobject("Account").find({ Site: "q" }, "Description").sort("Name").execute();
  assert.deepEqual(rows.map(({ Description }) => Description), ["Query 1!", "Query 2!"]);

  const gone = await conn.sobject("Account").find({ Site: "q" }).destroy();
  assert.deepEqual(gone.map(({ success }) => success), [true, true]);
});

test("reads limits, versions and usage", async () => {
  assert.equal((await conn.limits()).DailyApiRequests.Max, 15000);
  assert.ok((await conn.request("/services/data")).some(({ version }) => version === conn.version));
  assert.equal(conn.limitInfo.apiUsage.limit, 15000);
});

test("loads and reads by Bulk API 2.0", async () => {
  const rows = Array.from({ length: 5 }, (_, index) => ({ Name: `Bulk2 ${index}`, Site: "bulk2" }));
  const inserted = await conn.bulk2.loadAndWaitForResults({ object: "Account", operation: "insert", input: rows });
  assert.deepEqual([inserted.successfulResults.length, inserted.failedResults.length, inserted.unprocessedRecords.length], [5, 0, 0]);
  assert.equal(inserted.successfulResults[0].sf__Created, "true");

  const stream = await conn.bulk2.query("SELECT Id, Name FROM Account WHERE Site = 'bulk2' ORDER BY Name");
  const found = await stream.toArray();
  assert.deepEqual(found.map(({ Name }) => Name), rows.map(({ Name }) => Name));

  const failed = await conn.bulk2.loadAndWaitForResults({ object: "Account", operation: "insert", input: [{ Name: "x".repeat(300) }] });
  assert.match(failed.failedResults[0].sf__Error, /^STRING_TOO_LONG:/);
  const upserted = await conn.bulk2.loadAndWaitForResults({ object: "Account", operation: "upsert", externalIdFieldName: "External_Id__c", input: [{ Name: "b", External_Id__c: "js-bulk" }] });
  assert.equal(upserted.successfulResults.length, 1);
  const gone = await conn.bulk2.loadAndWaitForResults({ object: "Account", operation: "delete", input: found.map(({ Id }) => ({ Id })) });
  assert.equal(gone.successfulResults.length, 5);
  const all = await (await conn.bulk2.query("SELECT Id FROM Contact")).toArray();
  assert.equal(all.length, (await conn.query("SELECT COUNT() FROM Contact")).totalSize);
});

test("aborts and deletes an ingest job of Bulk API 2.0", async () => {
  const job = conn.bulk2.createJob({ operation: "insert", object: "Account" });
  await job.open();
  await job.abort();
  assert.equal((await job.check()).state, "Aborted");
  await job.delete();
  await refuses(() => job.check(), "NOT_FOUND");
});

test("loads and reads by Bulk API 1.0", async () => {
  const rows = Array.from({ length: 3 }, (_, index) => ({ Name: `Bulk1 ${index}`, Site: "bulk1" }));
  const inserted = await conn.bulk.load("Account", "insert", rows);
  assert.deepEqual(inserted.map(({ success }) => success), [true, true, true]);

  const found = await (await conn.bulk.query("SELECT Id, Name FROM Account WHERE Site = 'bulk1' ORDER BY Name")).toArray();
  assert.deepEqual(found.map(({ Name }) => Name), rows.map(({ Name }) => Name));
  const gone = await conn.bulk.load("Account", "delete", found.map(({ Id }) => ({ Id })));
  assert.deepEqual(gone.map(({ success }) => success), [true, true, true]);
});

test("searches", async () => {
  await conn.sobject("Account").create({ Name: "Searchable Zebra" });
  const found = await conn.search("FIND {Zebra} IN NAME FIELDS RETURNING Account(Id, Name)");
  assert.deepEqual(found.searchRecords.map(({ Name }) => Name), ["Searchable Zebra"]);
});

test("queries by the tooling API", async () => {
  const found = await conn.tooling.query("SELECT QualifiedApiName, KeyPrefix FROM EntityDefinition WHERE QualifiedApiName IN ('Account', 'Contact') ORDER BY KeyPrefix");
  assert.deepEqual(found.records.map(({ QualifiedApiName, KeyPrefix }) => [QualifiedApiName, KeyPrefix]), [["Account", "001"], ["Contact", "003"]]);
  const fields = await conn.tooling.query("SELECT QualifiedApiName, DataType FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Account' AND QualifiedApiName = 'Industry'");
  assert.equal(fields.records[0].DataType, "Picklist");
  const described = await conn.tooling.describeGlobal();
  assert.ok(described.sobjects.some(({ name }) => name === "EntityDefinition"));
});

test("tells what was looked at last", async () => {
  const { id } = await conn.sobject("Account").create({ Name: "Recent" });
  assert.ok((await conn.recent()).some(({ Id }) => Id === id));
  assert.ok((await conn.sobject("Account").recent()).some(({ Id }) => Id === id));
});

test("reads list views", async () => {
  const { listviews } = await conn.sobject("Account").listviews();
  const view = conn.sobject("Account").listview(listviews[0].id);
  assert.equal((await view.describe()).sobjectType, "Account");
  const results = await view.results();
  assert.equal(results.size, results.records.length);
  assert.ok(results.size > 0);
  assert.equal((await view.explain()).plans[0].sobjectType, "Account");
});

test("reads layouts, tabs and actions", async () => {
  const { layouts, recordTypeMappings } = await conn.sobject("Account").layouts();
  assert.ok(recordTypeMappings.some(({ layoutId }) => layoutId === layouts[0].id));
  assert.ok((await conn.sobject("Account").compactLayouts()).compactLayouts.length > 0);
  assert.deepEqual((await conn.sobject("Account").approvalLayouts()).approvalLayouts, []);
  assert.ok((await conn.tabs()).some(({ sobjectName }) => sobjectName === "Account"));
  assert.ok("themeItems" in (await conn.theme()));
  assert.deepEqual(await conn.quickActions(), []);
});

test("explains a query", async () => {
  const { plans } = await conn.query("SELECT Id FROM Account WHERE CreatedDate > 2020-01-01T00:00:00Z").explain();
  assert.equal(plans[0].sobjectType, "Account");
  assert.ok(plans[0].cardinality <= plans[0].sobjectCardinality);
});
