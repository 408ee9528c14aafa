/** What every test in a browser needs: the program with a simulated org beside it, and pages that show it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** The debug build of the program, which reads the pages from `web/dist`. */
export const program =
  process.env.TOWPATH_BINARY ?? fileURLToPath(new URL("../../target/debug/towpath", import.meta.url));

const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Whatever may be needed to run as root in a container and to stay off the network. */
const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What `towpath demo --json` says of itself. */
export interface DemoLine {
  url: string;
  /** Good once, for ten minutes. */
  sign_in_link: string;
  /** Those of the owner; null where the demo goes on with a folder. */
  email: string | null;
  password: string | null;
  data_dir: string;
  org: OrgLine;
}

/** What the simulated org says of itself. */
export interface OrgLine {
  base_url: string;
  username: string;
  password: string;
  /** A session of that user, to ask the org itself. */
  access_token: string;
  org_id: string;
  control_url: string;
  control_token: string;
}

export interface DemoOptions {
  /** Whether the org is connected and copied before anybody looks. */
  connected?: boolean;
  /** A folder to go on with, of a demo that has ended. */
  dataDir?: string;
  /** The port of a demo that has ended, so that its pages find the new one. */
  port?: number;
  /** More arguments of `towpath demo`. */
  more?: string[];
}

/** Towpath and a simulated org, on free ports, until it is stopped. */
export class Demo {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<number | null>,
    readonly line: DemoLine,
    private readonly ownFolder: string | undefined,
  ) {}

  static async start({ connected, dataDir, port, more }: DemoOptions = {}): Promise<Demo> {
    const ownFolder = dataDir ? undefined : await mkdtemp(join(tmpdir(), "towpath-e2e-"));
    const folder = dataDir ?? join(ownFolder as string, "demo");
    const flags = ["demo", "--json", "--port", String(port ?? 0), "--org-port", "0", "--data-dir", folder];
    const child = spawn(program, [...flags, ...(connected ? ["--connected"] : []), ...(more ?? [])], {
      stdio: ["ignore", "pipe", "inherit"],
      env: withoutOurs(process.env),
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    const early = ended.then((code) => Promise.reject(new Error(`towpath demo ended with ${code}`)));
    const line = await Promise.race([firstLine(child), early, failed]);
    // From here on an end is nothing to reject.
    early.catch(() => {});
    return new Demo(child, ended, JSON.parse(line), ownFolder);
  }

  /** Where a page of the application is. */
  at(path: string): string {
    return new URL(path, this.line.url).href;
  }

  /** The port it listens on, for the demo that goes on with its folder. */
  get port(): number {
    return Number(new URL(this.line.url).port);
  }

  /** Makes a call to the simulated org's control API, such as `faults` or `records`. */
  async control(call: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.line.org.control_url}/${call}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "x-orgsim-token": this.line.org.control_token, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${call} answered ${answer.status}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** How many approvals the org knows of. */
  async countApprovals(): Promise<number> {
    return ((await this.control("sessions")) as { approvals: number }).approvals;
  }

  /** Runs a statement in the database behind the server's back. Returns what it prints. */
  async runSql(sql: string): Promise<string> {
    const file = join(this.line.data_dir, "towpath.db");
    const { stdout } = await promisify(execFile)("sqlite3", ["-cmd", ".timeout 5000", file, sql]);
    return stdout.trim();
  }

  /** Stops it as Ctrl-C does, and removes what it kept. */
  async stop(): Promise<void> {
    this.child.kill("SIGINT");
    await this.ended;
    if (this.ownFolder) await rm(this.ownFolder, { recursive: true, force: true });
  }

  /** Ends it at once, as a power cut would. What it kept stays. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** A browser; close it at the end. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: chromiumArguments });
}

/** Somebody's browser window, with cookies of its own. */
export function openContext(
  browser: Browser,
  { width = 1280, height = 800, colorScheme = "light" as "light" | "dark" } = {},
): Promise<BrowserContext> {
  return browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce", locale: "en-GB" });
}

/** Signs in with a link, as a person does, and waits for Home. */
export async function signInByLink(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
}

/** Signs in with the owner's password, where no link is left. */
export async function signInByPassword(page: Page, demo: Demo): Promise<void> {
  await page.goto(demo.at("/sign-in"));
  await page.getByLabel("Email").fill(demo.line.email ?? "");
  await page.getByRole("textbox", { name: "Password" }).fill(demo.line.password ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
}

/** What the API answers the person whose page this is; with a body, to a POST unless told. */
export function askApi(
  page: Page,
  path: string,
  sent?: unknown,
  method = "POST",
): Promise<{ status: number; body: any }> {
  return page.evaluate(
    async ({ path, sent, method }) => {
      const { csrf_token } = sent ? await (await fetch("/api/v1/session")).json() : {};
      const headers = { "content-type": "application/json", "x-csrf-token": csrf_token };
      const answer = await fetch(`/api/v1/${path}`, sent ? { method, headers, body: JSON.stringify(sent) } : undefined);
      return { status: answer.status, body: await answer.json() };
    },
    { path, sent, method },
  );
}

/** Follows an invitation in a browser of its own. */
export async function acceptInvitation(browser: Browser, link: string): Promise<Page> {
  const page = await (await openContext(browser)).newPage();
  await page.goto(link);
  await page.getByRole("textbox", { name: "Password" }).fill("a few words in a row");
  await page.getByRole("button", { name: "Save the password and sign in" }).click();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  return page;
}

/** Makes groups, the first with Salesforce switched on and connected with `connected`. Returns their ids by name. */
export async function makeGroups(page: Page, names: string[], connected: string[]): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const name of names) ids[name] = (await askApi(page, "groups", { name })).body.id;
  const first = `groups/${ids[names[0] ?? ""]}`;
  await askApi(page, first, { salesforce_on: true }, "PATCH");
  await askApi(page, `${first}/connected-groups`, { groups: connected.map((name) => ids[name]) }, "PUT");
  return ids;
}

/** Signs in to the simulated org and decides, on its pages. */
export async function decideInOrg(page: Page, org: OrgLine, decision: "allow" | "deny"): Promise<void> {
  await page.locator("#username").fill(org.username);
  await page.locator("#password").fill(org.password);
  await page.locator("#Login").click();
  await page.locator(decision === "allow" ? "#oaapprove" : "#oadeny").click();
}

/** The first line a program prints. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) return reject(new Error("the program has no output"));
    const lines = createInterface({ input: child.stdout });
    lines.once("line", resolve);
  });
}

/** What a person has set for their own server is not for a test's. */
export function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("TOWPATH_")));
}
