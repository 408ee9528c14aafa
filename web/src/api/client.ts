import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { client } from "./generated/client.gen";

/** What the server, or the way to it, answered instead of what was asked for. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail?: string,
    readonly hint?: string,
    readonly requestId?: string,
    /** What the server proposes instead of a value it refused. */
    readonly suggestion?: string,
  ) {
    super(detail ?? title);
    this.name = "ApiProblem";
  }
}

let csrfToken: string | undefined;

/** Keeps what requests that change something have to carry. */
export function rememberCsrfToken(token: string | null | undefined): void {
  csrfToken = token ?? undefined;
}

client.setConfig({ baseUrl: "", credentials: "same-origin" });

client.interceptors.request.use((request) => {
  if (csrfToken && request.method !== "GET" && request.method !== "HEAD")
    request.headers.set("X-CSRF-Token", csrfToken);
  return request;
});

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response?: Response;
}

/** Waits for a call and returns its body, or throws an [`ApiProblem`]. */
export async function call<Data>(request: Promise<Answer<Data>>): Promise<Exclude<Data, undefined>> {
  return (await callForVersion(request)).body;
}

/** The same, with the version of what was asked for, as the next change has to name it. */
export async function callForVersion<Data>(
  request: Promise<Answer<Data>>,
): Promise<{ body: Exclude<Data, undefined>; version: string | undefined }> {
  let answer: Answer<Data>;
  try {
    answer = await request;
  } catch {
    throw unreachable();
  }
  const { data, error, response } = answer;
  if (response === undefined) throw unreachable();
  if (!response.ok) throw toProblem(error, response);
  return { body: data as Exclude<Data, undefined>, version: response.headers.get("etag") ?? undefined };
}

function unreachable(): ApiProblem {
  return new ApiProblem(
    0,
    "server.unreachable",
    "The Towpath server does not answer",
    "It may be restarting, or your network is down.",
    "Try again in a moment.",
  );
}

function toProblem(error: unknown, response: Response): ApiProblem {
  const body = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  return new ApiProblem(
    response.status,
    text(body.code) ?? `http.${response.status}`,
    text(body.title) ?? "The server could not answer this",
    text(body.detail),
    text(body.hint),
    text(body.request_id) ?? response.headers.get("x-request-id") ?? undefined,
    text(body.suggestion),
  );
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What names the version of something that somebody saw, so that nobody's change is undone unseen. */
export const seenAs = (version: string) => ({ "If-Match": JSON.stringify(version) });

/** Whether somebody else changed what was to be saved. */
export function isChanged(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 412;
}

/** Follows `next` from page to page, up to `most` items. */
export async function listAll<Item>(
  list: (after: string | undefined) => Promise<{ items: Item[]; next?: string | null }>,
  most = 10_000,
): Promise<Item[]> {
  const all: Item[] = [];
  let after: string | undefined;
  do {
    const page = await list(after);
    all.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined && all.length < most);
  return all;
}

/** Whether asking again may help. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiProblem) || error.status === 0 || error.status >= 502;
}

/** A session that ended while a page was open leads to the sign-in, and from there back. */
function leaveIfSignedOut(error: unknown): void {
  if (!(error instanceof ApiProblem) || error.code !== "session.missing") return;
  const { pathname, search } = window.location;
  if (pathname !== "/sign-in") window.location.assign(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveIfSignedOut }),
  mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
  defaultOptions: {
    queries: { staleTime: 5_000, retry: (count, error) => count < 2 && isPassing(error), throwOnError: false },
    mutations: { retry: false },
  },
});
