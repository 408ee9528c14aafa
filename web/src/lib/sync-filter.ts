/** The filter of a sync rule as the form shows it: conditions and groups of conditions. */
import type { FieldBody, FilterBody, LiteralBody } from "../api/types";

/** How many of a group's parts must hold. */
export type Match = "all" | "any" | "none";

export type Operator =
  | "eq"
  | "ne"
  | "lt"
  | "lte"
  | "gt"
  | "gte"
  | "contains"
  | "starts"
  | "ends"
  | "like"
  | "in"
  | "not_in"
  | "includes"
  | "excludes"
  | "is_null"
  | "not_null";

export interface Condition {
  /** The field's API name, or the way to it over lookups, such as `Account.Owner.Name`. */
  field: string;
  operator: Operator;
  /** What people typed or picked. A relative date is its SOQL name, such as `LAST_N_DAYS:30`. */
  values: string[];
}

export interface Group {
  match: Match;
  parts: Part[];
}

export type Part = Condition | Group;

export function isGroup(part: Part): part is Group {
  return "parts" in part;
}

/** The deepest that groups stand in one another; more than that nobody reads. */
export const MOST_DEPTH = 3;

/** A filter that lets every record through. */
export const everything: Group = { match: "all", parts: [] };

/** All conditions of a filter, in their order. */
export function conditionsOf(group: Group): Condition[] {
  return group.parts.flatMap((part) => (isGroup(part) ? conditionsOf(part) : [part]));
}

/** Whether everything in a filter says enough to be sent. A group without a condition says nothing yet. */
export function isWhole(group: Group, types: ReadonlyMap<string, string>): boolean {
  return group.parts.every((part) =>
    isGroup(part) ? part.parts.length > 0 && isWhole(part, types) : isComplete(part, types.get(part.field)),
  );
}

/** How the values of a field are compared. */
export type ValueKind = "text" | "number" | "boolean" | "date" | "date_time" | "picklist" | "multipicklist" | "id";

export function valueKind(type: string): ValueKind {
  switch (type.toLowerCase()) {
    case "double":
    case "currency":
    case "percent":
    case "int":
    case "integer":
    case "long":
      return "number";
    case "boolean":
      return "boolean";
    case "date":
      return "date";
    case "datetime":
    case "date_time":
      return "date_time";
    case "picklist":
    case "combobox":
      return "picklist";
    case "multipicklist":
    case "multi_picklist":
      return "multipicklist";
    case "id":
    case "reference":
      return "id";
    default:
      return "text";
  }
}

const words: Record<Operator, string> = {
  eq: "is",
  ne: "is not",
  lt: "is less than",
  lte: "is at most",
  gt: "is more than",
  gte: "is at least",
  contains: "contains",
  starts: "starts with",
  ends: "ends with",
  like: "looks like",
  in: "is one of",
  not_in: "is none of",
  includes: "includes any of",
  excludes: "includes none of",
  is_null: "is empty",
  not_null: "is not empty",
};

const dateWords: Partial<Record<Operator, string>> = {
  lt: "is before",
  lte: "is on or before",
  gt: "is after",
  gte: "is on or after",
};

const byKind: Record<ValueKind, Operator[]> = {
  text: ["eq", "ne", "in", "not_in", "contains", "starts", "ends", "like", "is_null", "not_null"],
  number: ["eq", "ne", "gt", "gte", "lt", "lte", "is_null", "not_null"],
  boolean: ["eq"],
  date: ["gte", "gt", "lte", "lt", "eq", "is_null", "not_null"],
  date_time: ["gte", "gt", "lte", "lt", "eq", "is_null", "not_null"],
  picklist: ["in", "not_in", "is_null", "not_null"],
  multipicklist: ["includes", "excludes", "is_null", "not_null"],
  id: ["eq", "ne", "is_null", "not_null"],
};

/** The operators that make sense for a field of this type, and the one that is there, with their words. */
export function operatorsFor(type: string, present?: Operator): { value: Operator; label: string }[] {
  const kind = valueKind(type);
  const usual = byKind[kind];
  const all = present && !usual.includes(present) ? [...usual, present] : usual;
  return all.map((value) => ({ value, label: operatorWords(value, kind) }));
}

function operatorWords(operator: Operator, kind: ValueKind): string {
  const dated = kind === "date" || kind === "date_time";
  return (dated && dateWords[operator]) || words[operator];
}

export function needsValue(operator: Operator): boolean {
  return operator !== "is_null" && operator !== "not_null";
}

export function takesMany(operator: Operator): boolean {
  return operator === "in" || operator === "not_in" || operator === "includes" || operator === "excludes";
}

/** Days that move with the calendar, counted in the time zone of the Salesforce user. */
export const relativeDates: { value: string; label: string }[] = [
  { value: "TODAY", label: "Today" },
  { value: "YESTERDAY", label: "Yesterday" },
  { value: "THIS_WEEK", label: "This week" },
  { value: "LAST_WEEK", label: "Last week" },
  { value: "THIS_MONTH", label: "This month" },
  { value: "LAST_MONTH", label: "Last month" },
  { value: "LAST_N_DAYS:30", label: "Last 30 days" },
  { value: "LAST_N_DAYS:90", label: "Last 90 days" },
  { value: "THIS_QUARTER", label: "This quarter" },
  { value: "LAST_QUARTER", label: "Last quarter" },
  { value: "LAST_N_MONTHS:12", label: "Last 12 months" },
  { value: "THIS_YEAR", label: "This year" },
  { value: "LAST_YEAR", label: "Last year" },
  { value: "LAST_N_YEARS:3", label: "Last 3 years" },
];

/** A condition on `field` before anybody has chosen a value. */
export function newCondition(field: Pick<FieldBody, "name" | "type">, path = field.name): Condition {
  const operator = byKind[valueKind(field.type)][0] ?? "eq";
  return { field: path, operator, values: valueKind(field.type) === "boolean" ? ["true"] : [] };
}

/** Whether a condition says enough to be sent. */
export function isComplete(condition: Condition, type: string | undefined): boolean {
  if (!type) return false;
  if (!needsValue(condition.operator)) return true;
  if (condition.values.length === 0) return false;
  return condition.values.every((value) => isValue(value, type));
}

function isValue(value: string, type: string): boolean {
  if (value.trim() === "") return false;
  switch (valueKind(type)) {
    case "number":
      return /^-?\d+(\.\d+)?$/.test(value.trim());
    case "date":
      return isRelative(value) || /^\d{4}-\d{2}-\d{2}$/.test(value);
    case "date_time":
      return isRelative(value) || !Number.isNaN(Date.parse(value));
    default:
      return true;
  }
}

export function isRelative(value: string): boolean {
  return /^[A-Z][A-Z_0-9]*(:\d+)?$/.test(value);
}

/** The filter as the server takes it; nothing where no condition is complete. */
export function toFilterBody(group: Group, types: ReadonlyMap<string, string>): FilterBody | null {
  const parts = group.parts.flatMap((part) => {
    if (isGroup(part)) return toFilterBody(part, types) ?? [];
    const type = types.get(part.field);
    return isComplete(part, type) ? [toPart(part, type ?? "string")] : [];
  });
  const [first] = parts;
  if (!first) return null;
  if (group.match === "none") return { kind: "not", of: parts.length === 1 ? first : { kind: "any", of: parts } };
  return parts.length === 1 ? first : { kind: group.match, of: parts };
}

function toPart({ field, operator, values }: Condition, type: string): FilterBody {
  const first = values[0] ?? "";
  switch (operator) {
    case "is_null":
      return { kind: "compare", field, operator: "eq", value: { type: "null" } };
    case "not_null":
      return { kind: "compare", field, operator: "ne", value: { type: "null" } };
    case "contains":
      return { kind: "like", field, pattern: `%${escapeLike(first)}%` };
    case "starts":
      return { kind: "like", field, pattern: `${escapeLike(first)}%` };
    case "ends":
      return { kind: "like", field, pattern: `%${escapeLike(first)}` };
    case "like":
      return { kind: "like", field, pattern: first };
    case "in":
    case "not_in":
      return {
        kind: "in",
        field,
        negated: operator === "not_in",
        values: values.map((value) => toLiteral(value, type)),
      };
    case "includes":
    case "excludes":
      return { kind: "includes", field, negated: operator === "excludes", sets: values };
    default:
      return { kind: "compare", field, operator, value: toLiteral(first, type) };
  }
}

function toLiteral(value: string, type: string): LiteralBody {
  switch (valueKind(type)) {
    case "number":
      return { type: "number", value: Number(value) };
    case "boolean":
      return { type: "boolean", value: value === "true" };
    case "date":
      return isRelative(value) ? { type: "relative_date", value } : { type: "date", value };
    case "date_time":
      return isRelative(value)
        ? { type: "relative_date", value }
        : { type: "date_time", value: new Date(value).toISOString() };
    default:
      return { type: "text", value };
  }
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

/** A stored filter as the form shows it, or nothing where it says more than the form can. */
export function fromFilterBody(body: FilterBody | null | undefined): Group | undefined {
  if (!body) return everything;
  const part = fromPart(body);
  if (!part) return undefined;
  const group: Group = isGroup(part) ? part : { match: "all", parts: [part] };
  return depthOf(group) > MOST_DEPTH ? undefined : group;
}

function depthOf(part: Part): number {
  return isGroup(part) ? 1 + Math.max(0, ...part.parts.map(depthOf)) : 0;
}

function fromPart(body: FilterBody): Part | undefined {
  switch (body.kind) {
    case "all":
    case "any":
      return groupOf(body.kind, body.of);
    case "not":
      // None of several is how people say that not any of them holds.
      return body.of.kind === "any" ? groupOf("none", body.of.of) : groupOf("none", [body.of]);
    case "compare":
      return fromComparison(body.field, body.operator, body.value);
    case "like":
      return fromPattern(body.field, body.pattern);
    case "in":
      if (body.values.some(({ type }) => type === "null")) return undefined;
      return {
        field: body.field,
        operator: body.negated ? "not_in" : "in",
        values: body.values.map((literal) => (literal.type === "null" ? "" : String(literal.value))),
      };
    case "includes":
      if (body.sets.some((set) => set.includes(";"))) return undefined;
      return { field: body.field, operator: body.negated ? "excludes" : "includes", values: body.sets };
    default:
      return undefined;
  }
}

function groupOf(match: Match, bodies: FilterBody[]): Group | undefined {
  const parts = bodies.map(fromPart);
  return parts.every((part) => part !== undefined) ? { match, parts } : undefined;
}

function fromComparison(field: string, operator: string, literal: LiteralBody): Condition | undefined {
  if (literal.type !== "null") return { field, operator: operator as Operator, values: [String(literal.value)] };
  if (operator === "eq") return { field, operator: "is_null", values: [] };
  if (operator === "ne") return { field, operator: "not_null", values: [] };
  return undefined;
}

function fromPattern(field: string, pattern: string): Condition {
  const match = /^(%?)((?:[^%_\\]|\\.)*)(%?)$/s.exec(pattern);
  if (!match || (!match[1] && !match[3])) return { field, operator: "like", values: [pattern] };
  const text = (match[2] ?? "").replace(/\\(.)/gs, "$1");
  const operator = match[1] && match[3] ? "contains" : match[1] ? "ends" : "starts";
  // A pattern that takes everything says nothing that the form could keep.
  return text === "" ? { field, operator: "like", values: [pattern] } : { field, operator, values: [text] };
}
