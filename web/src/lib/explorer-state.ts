/** Everything the data explorer shows stands in the URL, so that a link shows the same to somebody else. */
import type { Place } from "./record-filter";

export interface ExplorerState extends Place {
  q?: string;
  filter?: string[];
  sort?: string;
  fields?: string;
  gone?: "with" | "only";
  record?: string;
}

/** Reads the state from a URL, and leaves out what it does not understand. */
export function readExplorerState(search: Record<string, unknown>): ExplorerState {
  return {
    q: text(search.q),
    filter: texts(search.filter),
    sort: text(search.sort),
    fields: text(search.fields),
    gone: search.gone === "with" || search.gone === "only" ? search.gone : undefined,
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

const USUAL_COLUMNS = 9;
/** What tells a person little in a table: ids, and what Salesforce keeps for itself. */
const dull =
  /^(Id|.*Id|SystemModstamp|LastModifiedDate|LastViewedDate|LastReferencedDate|IsDeleted|PhotoUrl|CleanStatus|Jigsaw.*)$/;
const naming = ["Name", "CaseNumber", "Subject", "Title", "LastName"];

/** The columns that are shown: those somebody chose, else the most telling ones, what names a record first. */
export function chooseColumns<Column extends { name: string }>(all: Column[], chosen: string | undefined): Column[] {
  if (chosen !== undefined) {
    const some = chosen.split(",").flatMap((name) => all.find((column) => column.name === name) ?? []);
    if (some.length > 0) return some;
  }
  const names = naming.flatMap((name) => all.find((column) => column.name === name) ?? []);
  const telling = all.filter((column) => !dull.test(column.name) && !names.includes(column));
  const usual = [...names, ...telling].slice(0, USUAL_COLUMNS);
  return usual.length > 0 ? usual : all.slice(0, USUAL_COLUMNS);
}

/** What is asked of the server for a state. */
export function toRecordQuery({ q, filter, sort, gone, after }: ExplorerState) {
  return { search: q, filter, sort, gone, after, limit: PAGE_SIZE };
}

/** A change to what is shown, which begins again at the first page. */
export function fromTheTop(state: ExplorerState, change: ExplorerState): ExplorerState {
  return { ...state, page: undefined, after: undefined, trail: undefined, ...change };
}
