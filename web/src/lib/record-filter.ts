/** Filters of the data explorer, as they stand in the URL and in the request: `field:op:value`. */

export type RecordOperator =
  | "eq"
  | "ne"
  | "lt"
  | "lte"
  | "gt"
  | "gte"
  | "contains"
  | "starts"
  | "is_null"
  | "not_null"
  | "in"
  | "within";

export interface RecordFilter {
  field: string;
  operator: RecordOperator;
  value: string;
}

const words: Record<RecordOperator, string> = {
  eq: "is",
  ne: "is not",
  lt: "<",
  lte: "≤",
  gt: ">",
  gte: "≥",
  contains: "contains",
  starts: "starts with",
  is_null: "is empty",
  not_null: "is not empty",
  in: "is one of",
  within: "is within",
};

/** Reads `field:op:value`; nothing where it is not one. The value may hold colons. */
export function parseRecordFilter(text: string): RecordFilter | undefined {
  const [field, operator, ...rest] = text.split(":");
  if (!field || !operator || !(operator in words)) return undefined;
  return { field, operator: operator as RecordOperator, value: rest.join(":") };
}

export function printRecordFilter({ field, operator, value }: RecordFilter): string {
  return `${field}:${operator}:${value}`;
}

export function recordOperatorNeedsValue(operator: RecordOperator): boolean {
  return operator !== "is_null" && operator !== "not_null";
}

/** The kinds of column that differ in how they are compared and shown. */
export type ColumnKind = "text" | "number" | "boolean" | "date" | "date_time";

export function columnKind(type: string): ColumnKind {
  const name = type.toLowerCase();
  if (/^(double|currency|percent|int|integer|long|number|decimal)$/.test(name)) return "number";
  if (name === "boolean" || name === "checkbox") return "boolean";
  if (name === "date") return "date";
  if (/^(datetime|date_time|instant)$/.test(name)) return "date_time";
  return "text";
}

const byKind: Record<ColumnKind, RecordOperator[]> = {
  text: ["contains", "eq", "ne", "starts", "is_null", "not_null"],
  number: ["eq", "gt", "gte", "lt", "lte", "ne", "is_null", "not_null"],
  boolean: ["eq", "is_null", "not_null"],
  date: ["within", "eq", "gte", "lte", "is_null", "not_null"],
  date_time: ["within", "gte", "lte", "is_null", "not_null"],
};

/** The operators for a column of this type, with their words. */
export function recordOperatorsFor(type: string): { value: RecordOperator; label: string }[] {
  return byKind[columnKind(type)].map((value) => ({ value, label: words[value] }));
}

/** Spans of days for `within`. */
export const spans: { value: string; label: string }[] = [
  { value: "today", label: "today" },
  { value: "yesterday", label: "yesterday" },
  { value: "last_7_days", label: "the last 7 days" },
  { value: "last_30_days", label: "the last 30 days" },
  { value: "last_90_days", label: "the last 90 days" },
  { value: "this_month", label: "this month" },
  { value: "last_month", label: "last month" },
  { value: "this_quarter", label: "this quarter" },
  { value: "this_year", label: "this year" },
  { value: "last_year", label: "last year" },
];

/** A filter as a chip says it: `Amount ≥ 1,000`. */
export function recordFilterWords(filter: RecordFilter, label: string): string {
  const operator = words[filter.operator];
  if (!recordOperatorNeedsValue(filter.operator)) return `${label} ${operator}`;
  const span = filter.operator === "within" && spans.find(({ value }) => value === filter.value);
  return `${label} ${operator} ${span ? span.label : filter.value}`;
}

export interface Sort {
  field: string;
  descending: boolean;
}

/** Reads the first key of `-amount,name`. */
export function parseSort(text: string | undefined): Sort | undefined {
  const first = text?.split(",")[0];
  if (!first) return undefined;
  return first.startsWith("-") ? { field: first.slice(1), descending: true } : { field: first, descending: false };
}

/** What a click on a column's header makes of the sort: up, down, none. */
export function nextSort(current: string | undefined, field: string): string | undefined {
  const sort = parseSort(current);
  if (sort?.field !== field) return field;
  return sort.descending ? undefined : `-${field}`;
}

/** Where in a list paged by seek we are: the addresses of the pages before, the newest last. */
export interface Place {
  page?: number;
  after?: string;
  trail?: string[];
}

/** So many pages back a reader can go one by one; further back is the first page. */
const TRAIL_LENGTH = 20;

export function nextPage(place: Place, next: string): Place {
  const trail = [...(place.trail ?? []), place.after ?? ""].slice(-TRAIL_LENGTH);
  return { page: (place.page ?? 1) + 1, after: next, trail };
}

export function previousPage(place: Place): Place {
  const trail = place.trail ?? [];
  const after = trail.at(-1);
  const page = (place.page ?? 1) - 1;
  if (!after || page <= 1) return {};
  return { page, after, trail: trail.slice(0, -1) };
}

/** `51–100 of 12,430`, with `≈` where the total is an estimate. */
export function rangeWords(page: number, limit: number, shown: number, total: number, exact: boolean): string {
  const format = new Intl.NumberFormat("en-GB");
  const all = `${exact ? "" : "≈ "}${format.format(total)}`;
  if (shown === 0) return `0 of ${all}`;
  const first = (page - 1) * limit + 1;
  return `${format.format(first)}–${format.format(first + shown - 1)} of ${all}`;
}
