/** What the simulated org itself says it holds, to compare a copy with. */
import type { OrgLine } from "./harness.ts";

export interface OrgCounters {
  requests: Record<string, number>;
  rows: Record<string, number>;
  pages: Record<string, number>;
}

/** One request that the org answered. */
export interface OrgCall {
  number: number;
  path: string;
  kind: string;
  status: number | null;
  complete: boolean;
}

export type OrgRecord = Record<string, unknown> & { Id: string };

/** Makes a call to the org's control API, such as `faults` or `counters`. */
export async function control<Answer>(org: OrgLine, call: string, body?: unknown, method?: string): Promise<Answer> {
  const answer = await fetch(`${org.control_url}/${call}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { "x-orgsim-token": org.control_token, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${call} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

/** How many records of an sObject meet a condition, counted without a query of the API. */
export async function countIn(org: OrgLine, sobject: string, where?: string): Promise<number> {
  const params = new URLSearchParams({ sobject, fields: "Id", ...(where ? { where } : {}) });
  return (await control<{ rows: number }>(org, `hash?${params}`)).rows;
}

/** Records as the org's REST API gives them. */
export async function recordsIn(org: OrgLine, soql: string): Promise<OrgRecord[]> {
  const answer = await fetch(`${org.base_url}/services/data/v66.0/query?q=${encodeURIComponent(soql)}`, {
    headers: { authorization: `Bearer ${org.access_token}` },
  });
  if (!answer.ok) throw new Error(`the org answered ${answer.status}: ${await answer.text()}`);
  const { records, done } = (await answer.json()) as { records: OrgRecord[]; done: boolean };
  if (!done) throw new Error("the org has more records than one answer holds");
  return records;
}

/** `12430` as the pages print it. */
export function printed(count: number): string {
  return count.toLocaleString("en-GB");
}
