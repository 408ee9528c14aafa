/** The simulated org and the server as programs of their own, so that one can end while the other goes on. */
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { firstLine, type OrgLine, program, withoutOurs } from "./harness.ts";

/** `towpath orgsim`, until it is stopped. */
export class Org {
  private constructor(
    private readonly child: ChildProcess,
    readonly line: OrgLine & { client_id: string; client_secret: string },
  ) {}

  static async start(...flags: string[]): Promise<Org> {
    const child = spawn(program, ["orgsim", "--port", "0", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
    return new Org(child, JSON.parse(await firstLine(child)));
  }

  async stop(): Promise<void> {
    await end(this.child, "SIGINT");
  }
}

/** `towpath serve` on one port and one folder, as often as it is started. */
export class Server {
  private child: ChildProcess | undefined;

  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Chooses a port and a folder for a server that connects to `org`, by an app that it knows unless told otherwise. */
  static async prepare(org: Org, { knowsApp = true, packageId = "" } = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "towpath-e2e-"));
    const secret = join(folder, "client-secret");
    await writeFile(secret, org.line.client_secret, { mode: 0o600 });
    const listen = `127.0.0.1:${await freePort()}`;
    return new Server(`http://${listen}`, folder, {
      ...withoutOurs(process.env),
      TOWPATH_LISTEN: listen,
      TOWPATH_DATA_DIR: join(folder, "data"),
      TOWPATH_DEV_ALLOW_HOSTS: JSON.stringify([new URL(org.line.base_url).host]),
      ...(packageId && { TOWPATH_PACKAGE_ID: packageId }),
      ...(knowsApp && {
        TOWPATH_SALESFORCE__SIMULATED__CLIENT_ID: org.line.client_id,
        TOWPATH_SALESFORCE__SIMULATED__CLIENT_SECRET_FILE: secret,
      }),
    });
  }

  /** Starts it where nobody owns it yet. Returns the link at which the first owner is made. */
  async startUnowned(): Promise<string> {
    const child = this.spawn();
    for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
      const [link] = /http\S+\/setup#\S+/.exec(line) ?? [];
      if (!link) continue;
      child.stderr?.resume();
      return link;
    }
    throw new Error("the server ended without a link");
  }

  /** Starts it again. */
  start(): void {
    this.spawn().stderr?.resume();
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    if (this.child) await end(this.child, "SIGKILL");
  }

  /** Ends it, and leaves what it kept. */
  async pause(): Promise<void> {
    if (this.child) await end(this.child, "SIGINT");
  }

  /** Takes the database and the key of another server that does not run, as a copy of them would bring them. */
  async copyFrom(other: Server): Promise<void> {
    const [from, to] = [join(other.folder, "data"), join(this.folder, "data")];
    await cp(join(from, "towpath.db"), join(to, "towpath.db"));
    await cp(join(from, "keys"), join(to, "keys"), { recursive: true });
  }

  /** Runs another command of the program where this server stands, and waits for its end. Returns its exit code. */
  run(...command: string[]): Promise<number | null> {
    const child = spawn(program, command, { stdio: "ignore", env: this.environment });
    return new Promise((resolve) => child.once("exit", resolve));
  }

  async stop(): Promise<void> {
    if (this.child) await end(this.child, "SIGINT");
    await rm(this.folder, { recursive: true, force: true });
  }

  private spawn(): ChildProcess {
    this.child = spawn(program, ["serve"], { stdio: ["ignore", "ignore", "pipe"], env: this.environment });
    return this.child;
  }
}

function end(child: ChildProcess, signal: "SIGINT" | "SIGKILL"): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port is free")),
      );
    });
  });
}
