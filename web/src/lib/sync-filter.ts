/** The simple filter of a sync rule: a list of conditions, of which all or any must hold. */
import type { FieldBody, FilterBody, LiteralBody } from "../api/types";

export type Match = "all" | "any";

export type Operator =
  | "eq"
  | "ne"
  | "lt"
  | "lte"
  | "gt"
  | "gte"
  | "contains"
  | "starts"
  | "in"
  | "not_in"
  | "includes"
  | "excludes"
  | "is_null"
  | "not_null";

export interface Condition {
  field: string;
  operator: Operator;
  /** What people typed or picked. A relative date is its SOQL name, such as `LAST_N_DAYS:30`. */
  values: string[];
}

export interface SimpleFilter {
  match: Match;
  conditions: Condition[];
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
  text: ["eq", "ne", "contains", "starts", "is_null", "not_null"],
  number: ["eq", "ne", "gt", "gte", "lt", "lte", "is_null", "not_null"],
  boolean: ["eq"],
  date: ["gte", "gt", "lte", "lt", "eq", "is_null", "not_null"],
  date_time: ["gte", "gt", "lte", "lt", "eq", "is_null", "not_null"],
  picklist: ["in", "not_in", "is_null", "not_null"],
  multipicklist: ["includes", "excludes", "is_null", "not_null"],
  id: ["eq", "ne", "is_null", "not_null"],
};

/** The operators that make sense for a field of this type, with their words. */
export function operatorsFor(type: string): { value: Operator; label: string }[] {
  const kind = valueKind(type);
  return byKind[kind].map((value) => ({ value, label: operatorWords(value, kind) }));
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
export function newCondition(field: Pick<FieldBody, "name" | "type">): Condition {
  const operator = byKind[valueKind(field.type)][0] ?? "eq";
  return { field: field.name, operator, values: valueKind(field.type) === "boolean" ? ["true"] : [] };
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
export function toFilterBody(filter: SimpleFilter, types: ReadonlyMap<string, string>): FilterBody | null {
  const parts = filter.conditions
    .filter((condition) => isComplete(condition, types.get(condition.field)))
    .map((condition) => toPart(condition, types.get(condition.field) ?? "string"));
  if (parts.length === 0) return null;
  return parts.length === 1 && parts[0] ? parts[0] : { kind: filter.match, of: parts };
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

/** A stored filter as conditions, or nothing where it says more than the simple form can show. */
export function fromFilterBody(body: FilterBody | null | undefined): SimpleFilter | undefined {
  if (!body) return { match: "all", conditions: [] };
  if (body.kind === "all" || body.kind === "any") {
    const conditions = body.of.map(fromPart);
    return conditions.every((condition) => condition !== undefined) ? { match: body.kind, conditions } : undefined;
  }
  const condition = fromPart(body);
  return condition && { match: "all", conditions: [condition] };
}

function fromPart(part: FilterBody): Condition | undefined {
  switch (part.kind) {
    case "compare":
      return fromComparison(part.field, part.operator, part.value);
    case "like":
      return fromPattern(part.field, part.pattern);
    case "in":
      return {
        field: part.field,
        operator: part.negated ? "not_in" : "in",
        values: part.values.map((literal) => (literal.type === "null" ? "" : String(literal.value))),
      };
    case "includes":
      if (part.sets.some((set) => set.includes(";"))) return undefined;
      return { field: part.field, operator: part.negated ? "excludes" : "includes", values: part.sets };
    default:
      return undefined;
  }
}

function fromComparison(field: string, operator: string, literal: LiteralBody): Condition | undefined {
  if (literal.type !== "null") return { field, operator: operator as Operator, values: [String(literal.value)] };
  if (operator === "eq") return { field, operator: "is_null", values: [] };
  if (operator === "ne") return { field, operator: "not_null", values: [] };
  return undefined;
}

function fromPattern(field: string, pattern: string): Condition | undefined {
  const match = /^(%?)((?:[^%_\\]|\\.)*)%$/s.exec(pattern);
  if (!match) return undefined;
  const text = (match[2] ?? "").replace(/\\(.)/gs, "$1");
  return { field, operator: match[1] ? "contains" : "starts", values: [text] };
}
