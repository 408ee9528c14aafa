// SPDX-License-Identifier: Apache-2.0
// The command of docs/connect.md: sf deploys the files that Towpath makes of its app. The simulated org has no metadata API, so
// that one stands before it here and keeps what it is sent.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startOrg } from "../orgsim.mjs";

const run = promisify(execFile);
const commands = join(import.meta.dirname, "node_modules/.bin");
const manual = readFileSync(new URL("../../../docs/connect.md", import.meta.url), "utf8");

let org;
let server;
let front;
let folder;
let env;

before(async () => {
  org = await startOrg();
  folder = await mkdtemp(join(tmpdir(), "towpath-sf-"));
  server = await startTowpath(folder);
  front = await MetadataApi.start(org.base_url);
  const settings = { HOME: folder, SF_DISABLE_TELEMETRY: "true", SF_AUTOUPDATE_DISABLE: "true", SF_SKIP_NEW_VERSION_CHECK: "true" };
  env = { ...process.env, ...settings, SF_USE_GENERIC_UNIX_KEYCHAIN: "true", PATH: commands + delimiter + process.env.PATH };
  const login = ["org", "login", "access-token", "--instance-url", front.url, "--alias", "my-org", "--no-prompt"];
  await run("sf", login, { env: { ...env, SF_ACCESS_TOKEN: org.access_token } });
});

after(async () => {
  front?.stop();
  server?.stop();
  org?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

for (const [signIn, expected] of [
  ["consent", /<isPkceRequired>true</],
  ["jwt_bearer", /<certificate>/],
  ["client_credentials", /<isClientCredentialsFlowEnabled>true</],
]) {
  test(`deploys the app that signs in by ${signIn}`, async () => {
    const project = join(folder, signIn);
    for (const { path, text } of await server.appFiles(signIn)) {
      await mkdir(dirname(join(project, path)), { recursive: true });
      await writeFile(join(project, path), text);
    }
    const command = /^ {4}(sf project deploy start .*)$/m.exec(manual)?.[1];
    assert.ok(command, "docs/connect.md names the command");

    const { stdout } = await run("bash", ["-euc", `${command} --json`], { cwd: project, env });

    assert.equal(JSON.parse(stdout).result.status, "Succeeded");
    const archive = join(project, "deployed.zip");
    await writeFile(archive, front.deployed);
    const { stdout: listed } = await run("python3", ["-m", "zipfile", "-l", archive]);
    for (const kind of ["externalClientApps/", "extlClntAppGlobalOauthSets/", "extlClntAppOauthSettings/", "extlClntAppOauthPolicies/", "permissionsets/"]) {
      assert.ok(listed.includes(kind), `${kind} in ${listed}`);
    }
    await run("python3", ["-m", "zipfile", "-e", archive, join(project, "deployed")]);
    const { stdout: texts } = await run("bash", ["-c", "cat $(find deployed -type f)"], { cwd: project });
    assert.match(texts, expected);
  });
}

/** Starts Towpath with an owner, and resolves to what asks it for the files of an app. */
async function startTowpath(home) {
  const program = join(dirname(process.env.ORGSIM_BINARY), "towpath");
  const args = ["demo", "--json", "--port", "0", "--org-port", "0", "--data-dir", join(home, "demo")];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, HOME: home } });
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

/** Passes all calls on to an org but those of its metadata API, to which it says that everything went well. */
class MetadataApi {
  deployed = Buffer.alloc(0);

  static async start(orgUrl) {
    const api = new MetadataApi();
    api.server = createServer((incoming, outgoing) => {
      if (incoming.url.startsWith("/services/Soap/m/")) return api.answer(incoming, outgoing);
      const passed = request(new URL(incoming.url, orgUrl), { method: incoming.method, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(passed);
    });
    await new Promise((resolve) => api.server.listen(0, "127.0.0.1", resolve));
    api.url = `http://127.0.0.1:${api.server.address().port}`;
    return api;
  }

  async answer(incoming, outgoing) {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const zip = /<(?:\w+:)?ZipFile[^>]*>([^<]+)</i.exec(text)?.[1];
    if (zip) this.deployed = Buffer.from(zip, "base64");
    const call = zip ? "deploy" : "checkDeployStatus";
    const at = "<createdDate>2026-01-01T00:00:00.000Z</createdDate><startDate>2026-01-01T00:00:00.000Z</startDate>";
    const counts = "<numberComponentErrors>0</numberComponentErrors><numberComponentsDeployed>5</numberComponentsDeployed><numberComponentsTotal>5</numberComponentsTotal><numberTestErrors>0</numberTestErrors><numberTestsCompleted>0</numberTestsCompleted><numberTestsTotal>0</numberTestsTotal>";
    const done = `<checkOnly>false</checkOnly><completedDate>2026-01-01T00:00:01.000Z</completedDate>${at}<details/><done>true</done><ignoreWarnings>false</ignoreWarnings>${counts}<rollbackOnError>true</rollbackOnError><runTestsEnabled>false</runTestsEnabled><status>Succeeded</status><success>true</success>`;
    const result = `<result><id>0Af000000000001AAA</id>${zip ? "<done>false</done><state>Queued</state>" : done}</result>`;
    const body = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="http://soap.sforce.com/2006/04/metadata"><soapenv:Body><${call}Response>${result}</${call}Response></soapenv:Body></soapenv:Envelope>`;
    outgoing.writeHead(200, { "content-type": "text/xml; charset=utf-8" });
    outgoing.end(body);
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
