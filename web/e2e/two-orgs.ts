/** A server with two simulated orgs behind one log-in host, as all of Salesforce's are behind theirs. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { firstLine, type OrgLine, program, withoutOurs } from "./harness.ts";

/** A simulated org in a process of its own. */
export class OrgProgram {
  private constructor(
    private readonly child: ChildProcess,
    readonly line: OrgLine & { client_id: string; client_secret: string },
  ) {}

  /** Two orgs in which the same app is installed. */
  static async startTwo(folder: string): Promise<[OrgProgram, OrgProgram]> {
    const files = [join(folder, "first.json"), join(folder, "second.json")] as const;
    const first = await OrgProgram.start(1, files[0]);
    await copyFile(...files);
    return [first, await OrgProgram.start(2, files[1])];
  }

  private static async start(seed: number, file: string): Promise<OrgProgram> {
    const few = ["--accounts", "20", "--contacts", "20", "--opportunities", "20", "--cases", "20"];
    const child = spawn(program, ["orgsim", "--port", "0", "--seed", String(seed), "--keep-in", file, ...few], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new OrgProgram(child, JSON.parse(await firstLine(child)));
  }

  async control(call: string, body?: unknown): Promise<any> {
    const answer = await fetch(`${this.line.control_url}/${call}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "x-orgsim-token": this.line.control_token, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${call} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  stop(): Promise<void> {
    return end(this.child);
  }
}

/** The host at which people of either org sign in; which org answers is chosen here, not by who signs in. */
export class LoginHost {
  /** The org that answers. */
  org: OrgProgram;

  private constructor(
    private readonly server: Server,
    org: OrgProgram,
  ) {
    this.org = org;
  }

  static async start(org: OrgProgram): Promise<LoginHost> {
    const server = createServer((incoming, answer) => {
      const { hostname, port } = new URL(host.org.line.base_url);
      const { method, headers, url: path } = incoming;
      const passed = request({ hostname, port, method, headers, path }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      incoming.pipe(passed);
    });
    const host = new LoginHost(server, org);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return host;
  }

  /** Another site than the server's, so that cookies behave as in life. */
  get name(): string {
    return `localhost:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** `towpath serve`, new, with nobody signed in. */
export class ServeProgram {
  private constructor(
    private readonly child: ChildProcess,
    /** Where the first owner is made, once. */
    readonly setupLink: string,
  ) {}

  static async start(folder: string, host: LoginHost): Promise<ServeProgram> {
    const secret = join(folder, "secret");
    await writeFile(secret, host.org.line.client_secret, { mode: 0o600 });
    const toml = [
      `data_dir = ${JSON.stringify(join(folder, "data"))}`,
      'listen = "127.0.0.1:0"',
      `dev_allow_hosts = ${JSON.stringify([host.name])}`,
      "[salesforce.simulated]",
      `client_id = ${JSON.stringify(host.org.line.client_id)}`,
      `client_secret_file = ${JSON.stringify(secret)}`,
    ];
    await writeFile(join(folder, "towpath.toml"), toml.join("\n"));
    const child = spawn(program, ["serve", "--config", join(folder, "towpath.toml")], {
      stdio: ["ignore", "ignore", "pipe"],
      env: withoutOurs(process.env),
    });
    return new ServeProgram(child, await setupLinkOf(child));
  }

  at(path: string): string {
    return new URL(path, this.setupLink).href;
  }

  stop(): Promise<void> {
    return end(this.child);
  }
}

/** A folder for what programs of a test keep, and how to remove it. */
export async function makeFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "towpath-e2e-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The link is said once, on standard error. */
function setupLinkOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stderr) return reject(new Error("the program has no output"));
    const said: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const link = /https?:\S+\/setup#\S+/.exec(line)?.[0];
      if (link) resolve(link);
    });
    child.once("exit", (code) => reject(new Error(`towpath serve ended with ${code}: ${said.join("\n")}`)));
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGINT");
  return ended;
}
