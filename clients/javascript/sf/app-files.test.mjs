// SPDX-License-Identifier: Apache-2.0
// The commands of docs/connect.md: the sf command line deploys the very files that Towpath offers of its app, the permission set is
// assigned, and the app that came of it signs in.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash, createSign, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startOrg } from "../orgsim.mjs";

const run = promisify(execFile);
const commands = join(import.meta.dirname, "node_modules/.bin");
const manual = readFileSync(new URL("../../../docs/connect.md", import.meta.url), "utf8");

let folder;
let server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "towpath-sf-"));
  server = await startTowpath();
});

after(async () => {
  server?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test("the app that a person approves is deployed, and signs the person in", async () => {
  const { org, app } = await deploy("consent");
  const [callback] = app.callback_urls;
  assert.match(callback, /\/oauth\/salesforce\/callback$/);

  const verifier = randomBytes(32).toString("base64url");
  const asked = {
    response_type: "code",
    client_id: app.client_id,
    redirect_uri: callback,
    scope: "api refresh_token id",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  const code = await approve(org, `${org.base_url}/services/oauth2/authorize?${new URLSearchParams(asked)}`);
  const secret = { client_id: app.client_id, client_secret: app.client_secret };
  const granted = await token(org, { grant_type: "authorization_code", code, redirect_uri: callback, code_verifier: verifier, ...secret });

  assert.equal(granted.scope, "api refresh_token id");
  await readsAccounts(org, granted);
  const refreshed = await token(org, { grant_type: "refresh_token", refresh_token: granted.refresh_token, ...secret });
  assert.notEqual(refreshed.refresh_token, granted.refresh_token, "the refresh token rotates");
  org.stop();
});

test("the app with a certificate is deployed, and signs a user in", async () => {
  const { org, app, project } = await deploy("jwt_bearer", async (project, files) => {
    const command = /^ {4}(openssl req .*)$/m.exec(manual)?.[1];
    await run("bash", ["-euc", command], { cwd: project });
    const certificate = await readFile(join(project, "towpath.crt"), "utf8");
    return files.map((file) => ({ ...file, text: file.text.replace("PUT_THE_CERTIFICATE_HERE", certificate) }));
  });

  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { iss: app.client_id, sub: org.username, aud: org.base_url, exp: Math.floor(Date.now() / 1000) + 120 };
  const signed = `${encode({ alg: "RS256" })}.${encode(claims)}`;
  const signature = createSign("sha256").update(signed).sign(await readFile(join(project, "towpath.key")), "base64url");
  const bearer = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: `${signed}.${signature}` };

  await readsAccounts(org, await token(org, bearer));
  org.stop();
});

test("the app that signs in as itself is deployed, and does", async () => {
  const { org, app } = await deploy("client_credentials", (_, files, org) =>
    files.map((file) => ({ ...file, text: file.text.replace(/integration\.user@example\.com/, org.username) })),
  );

  const itself = { grant_type: "client_credentials", client_id: app.client_id, client_secret: app.client_secret };

  await readsAccounts(org, await token(org, itself));
  org.stop();
});

test("files that were not filled in are refused, with the reason", async () => {
  for (const [signIn, reason] of [
    ["jwt_bearer", /certificate/],
    ["client_credentials", /no User named integration\.user@example\.com found/],
  ]) {
    const org = await startOrg();
    const failed = await documented(org, await write(`unfilled-${signIn}`, await server.appFiles(signIn)), "sf project deploy start").catch((error) => error);

    const { result } = JSON.parse(failed.stdout);
    assert.equal(result.status, "Failed");
    assert.ok(result.details.componentFailures.some(({ problem }) => reason.test(problem)), failed.stdout);
    org.stop();
  }
});

/** Deploys the files of a way of signing in to an org of its own, as the manual says; resolves to that and the app in it. */
async function deploy(signIn, fill = (_, files) => files) {
  const org = await startOrg();
  const project = await write(signIn, []);
  await write(signIn, await fill(project, await server.appFiles(signIn), org));

  const deployed = await documented(org, project, "sf project deploy start");
  assert.equal(JSON.parse(deployed.stdout).result.status, "Succeeded", deployed.stdout);
  const assigned = await documented(org, project, "sf org assign permset");
  assert.deepEqual(JSON.parse(assigned.stdout).result.failures, []);

  const apps = await fetch(`${org.control_url}/apps`, { headers: { "x-orgsim-token": org.control_token } });
  const [app] = await apps.json();
  assert.equal(app.developer_name, "Towpath");
  return { org, app, project };
}

async function write(name, files) {
  const project = join(folder, name);
  await mkdir(project, { recursive: true });
  for (const { path, text } of files) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), text);
  }
  return project;
}

/** Runs the command of the manual that begins so, signed in to an org as its administrator. */
async function documented(org, project, beginning) {
  const line = manual.split("\n").find((line) => line.startsWith(`    ${beginning} `));
  assert.ok(line, `docs/connect.md names ${beginning}`);
  const settings = { SF_DISABLE_TELEMETRY: "true", SF_AUTOUPDATE_DISABLE: "true", SF_SKIP_NEW_VERSION_CHECK: "true", SF_USE_GENERIC_UNIX_KEYCHAIN: "true" };
  const env = { ...process.env, ...settings, HOME: project, PATH: commands + delimiter + process.env.PATH };
  const login = ["org", "login", "access-token", "--instance-url", org.base_url, "--alias", "my-org", "--no-prompt"];
  await run("sf", login, { cwd: project, env: { ...env, SF_ACCESS_TOKEN: org.access_token } });
  const command = line.trim().replace("integration.user@example.com", org.username);
  return run("bash", ["-euc", `${command} --json`], { cwd: project, env });
}

/** Goes through the pages of sign-in as a person; resolves to the code. Who has the permission set is not asked. */
async function approve(org, address) {
  const page = (path, options) => fetch(new URL(path, org.base_url), { redirect: "manual", ...options });
  const login = await page(address);
  const form = await (await page(login.headers.get("location"))).text();
  const startURL = /name="startURL" value="([^"]*)"/.exec(form)[1].replaceAll("&amp;", "&");
  const body = new URLSearchParams({ username: org.username, password: org.password, startURL });
  const signedIn = await page("/login", { method: "POST", body });
  const cookie = signedIn.headers.getSetCookie()[0].split(";")[0];
  const back = await page(signedIn.headers.get("location"), { headers: { cookie } });
  return new URL(back.headers.get("location")).searchParams.get("code");
}

async function token(org, form) {
  const answer = await fetch(`${org.base_url}/services/oauth2/token`, { method: "POST", body: new URLSearchParams(form) });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}

async function readsAccounts(org, { access_token }) {
  const answer = await fetch(`${org.base_url}/services/data/v66.0/query?q=SELECT+Id+FROM+Account+LIMIT+1`, { headers: { authorization: `Bearer ${access_token}` } });
  assert.equal((await answer.json()).totalSize, 1);
}

/** Starts Towpath with an owner, and resolves to what asks it for the files of an app. */
async function startTowpath() {
  const program = join(dirname(process.env.ORGSIM_BINARY), "towpath");
  const args = ["demo", "--json", "--port", "0", "--org-port", "0", "--data-dir", join(folder, "demo")];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, HOME: folder } });
  const lines = createInterface({ input: child.stdout });
  const { value } = await lines[Symbol.asyncIterator]().next();
  const { url, sign_in_link: link } = JSON.parse(value);
  const body = JSON.stringify({ link_token: link.split("#")[1] });
  const answer = await fetch(`${url}/api/v1/session`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const cookie = answer.headers.getSetCookie()[0].split(";")[0];
  return {
    async appFiles(signIn) {
      const files = await fetch(`${url}/api/v1/connect-options/app-files?sign_in=${signIn}`, { headers: { cookie } });
      return (await files.json()).items;
    },
    stop: () => child.kill(),
  };
}
