/** Everything the data explorer shows stands in the URL, so that a link shows the same to somebody else. */
import type { Place } from "./record-filter";

export interface ExplorerState extends Place {
  q?: string;
  filter?: string[];
  sort?: string;
  fields?: string;
  gone?: "show" | "only";
  record?: string;
}

/** Reads the state from a URL, and leaves out what it does not understand. */
export function readExplorerState(search: Record<string, unknown>): ExplorerState {
  return {
    q: text(search.q),
    filter: texts(search.filter),
    sort: text(search.sort),
    fields: text(search.fields),
    gone: search.gone === "show" || search.gone === "only" ? search.gone : undefined,
    record: text(search.record),
    page: typeof search.page === "number" && search.page > 1 ? Math.floor(search.page) : undefined,
    after: text(search.after),
    trail: texts(search.trail),
  };
}

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function texts(value: unknown): string[] | undefined {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return undefined;
  const all = value.filter((one) => typeof one === "string");
  return all.length > 0 ? all : undefined;
}

export const PAGE_SIZE = 50;

/** What is asked of the server for a state. */
export function toRecordQuery({ q, filter, sort, fields, gone, after }: ExplorerState) {
  return { search: q, filter, sort, fields, gone, after, limit: PAGE_SIZE };
}

/** A change to what is shown, which begins again at the first page. */
export function fromTheTop(state: ExplorerState, change: ExplorerState): ExplorerState {
  return { ...state, page: undefined, after: undefined, trail: undefined, ...change };
}
