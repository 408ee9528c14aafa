import type { NewFieldsBody, SyncRuleBody, SyncRulePreview } from "../api/types";
import { cadenceWords } from "./cadence";
import { formatCount, formatNumber } from "./format";

/** What a rule says, a line for each part, so that two versions can be compared. */
export function ruleWords(rule: {
  soql: string | null;
  fields: string[] | null;
  cadence_seconds: number;
  new_fields: NewFieldsBody | null;
}): { label: string; value: string }[] {
  return [
    { label: "Records", value: rule.soql ?? "All" },
    { label: "Fields", value: rule.fields ? formatCount(rule.fields.length, "field") : "All" },
    { label: "Fields that come later", value: newFieldsWords[newFieldsOf(rule.new_fields, rule.fields)] },
    { label: "Looks for changes", value: cadenceWords(rule.cadence_seconds) },
  ];
}

/** What becomes of fields that the org gets later, in a few words. */
export const newFieldsWords: Record<NewFieldsBody, string> = {
  add: "Copied too",
  ask: "You are asked",
  ignore: "Left out",
};

/** What becomes of them where nobody has said so: they come with all fields, and are asked about beside a choice. */
export function newFieldsOf(said: NewFieldsBody | null, fields: string[] | null): NewFieldsBody {
  return said ?? (fields === null ? "add" : "ask");
}

/** Which records another filter would bring, and which it would leave out. */
export function changeWords({ added, dropped }: NonNullable<SyncRulePreview["change"]>): string {
  if (added === 0 && dropped === 0) return "The same records as now.";
  const parts = [
    added > 0 && `${formatCount(added, "record")} would come`,
    dropped > 0 && `${formatCount(dropped, "record")} would be marked as left out of the filter`,
  ];
  return `Compared with what is copied now, ${parts.filter(Boolean).join(", and ")}.`;
}

/** Fields that are named where a change of the choice is put into words. */
const NAMES_SHOWN = 8;

/** A choice of fields, all of them where there is no list, and what becomes of those that come later. */
export interface FieldChoice {
  fields: string[] | null;
  newFields: NewFieldsBody | null;
}

/** What another choice of fields changes about the copy. */
export function fieldChangeWords(now: FieldChoice, next: FieldChoice, readable: string[]): string {
  const [before, after] = [new Set(now.fields ?? readable), new Set(next.fields ?? readable)];
  const added = [...after].filter((name) => !before.has(name));
  const dropped = [...before].filter((name) => !after.has(name));
  const [was, becomes] = [now, next].map(({ newFields, fields }) => newFieldsOf(newFields, fields));
  const parts = [
    added.length > 0 && `${formatCount(added.length, "field")} would be read for all records (${shortList(added)})`,
    dropped.length > 0 && `${formatCount(dropped.length, "field")} would not be read any more (${shortList(dropped)})`,
    becomes && was !== becomes && laterWords[becomes],
  ];
  const words = parts.filter(Boolean).join(", and ");
  return words ? `Compared with what is copied now, ${words}.` : "The same fields as now.";
}

const laterWords: Record<NewFieldsBody, string> = {
  add: "fields that come later would be copied too",
  ask: "you would be asked about fields that come later",
  ignore: "fields that come later would be left out",
};

function shortList(names: string[]): string {
  const shown = names.slice(0, NAMES_SHOWN);
  const others = names.length - shown.length;
  return others > 0 ? `${shown.join(", ")} and ${formatNumber(others)} more` : shown.join(", ");
}

/** A filter tree in words, where the server has not put it into SOQL yet. */
export function filterWords(filter: SyncRuleBody["filter"]): string | null {
  if (!filter) return null;
  switch (filter.kind) {
    case "all":
    case "any":
      return filter.of.map(nestedWords).join(filter.kind === "all" ? " AND " : " OR ");
    case "not":
      return `NOT (${filterWords(filter.of)})`;
    case "compare":
      return `${filter.field} ${operators[filter.operator] ?? filter.operator} ${literalWords(filter.value)}`;
    case "like":
      return `${filter.field} LIKE '${filter.pattern}'`;
    case "in":
      return `${filter.field} ${filter.negated ? "NOT IN" : "IN"} (${filter.values.map(literalWords).join(", ")})`;
    case "includes":
      return `${filter.field} ${filter.negated ? "EXCLUDES" : "INCLUDES"} (${filter.sets.join(", ")})`;
    default:
      return "a filter";
  }
}

function nestedWords(part: NonNullable<SyncRuleBody["filter"]>): string {
  const words = filterWords(part) ?? "";
  return part.kind === "all" || part.kind === "any" ? `(${words})` : words;
}

const operators: Record<string, string> = { eq: "=", ne: "!=", lt: "<", lte: "<=", gt: ">", gte: ">=" };

function literalWords(literal: { type: string; value?: unknown }): string {
  if (literal.type === "null") return "null";
  return literal.type === "text" ? `'${String(literal.value)}'` : String(literal.value);
}
