import type { SyncRuleBody } from "../api/types";
import { cadenceWords } from "./cadence";
import { formatCount } from "./format";

/** What a rule says, a line for each part, so that two versions can be compared. */
export function ruleWords(rule: {
  soql: string | null;
  fields: string[] | null;
  cadence_seconds: number;
}): { label: string; value: string }[] {
  return [
    { label: "Records", value: rule.soql ?? "All" },
    { label: "Fields", value: rule.fields ? formatCount(rule.fields.length, "field") : "All" },
    { label: "Looks for changes", value: cadenceWords(rule.cadence_seconds) },
  ];
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
