/** What mapped fields lack that are not copied, and what filling them takes, in words. */
import type { MappingGapBody } from "../api/types";
import { formatCount } from "./format";

/** What is not copied. */
export function gapWords({ has_rule, sobject, fields }: MappingGapBody): string {
  if (!has_rule) return `${sobject} is not copied yet.`;
  return `${listOf(fields)} of ${sobject} ${fields.length === 1 ? "is" : "are"} not copied yet.`;
}

/** What that means, or what mending it takes. */
export function fillWords({ has_rule, rows, calls, fields }: MappingGapBody): string {
  const it = fields.length === 1;
  if (!has_rule) {
    return `Its ${formatCount(fields.length, "mapped field")} ${it ? "stays" : "stay"} empty until a rule copies it.`;
  }
  if (rows === 0)
    return `Properties that ${it ? "it feeds" : "they feed"} stay empty until ${it ? "it is" : "they are"}.`;
  return `${formatCount(rows, "existing record")} can be filled with about ${formatCount(calls, "API call")}.`;
}

/** `Type, Site` or, of many, `Type, Site and 3 more`. */
export function listOf(fields: string[]): string {
  if (fields.length <= 3) return fields.join(", ");
  return `${fields.slice(0, 2).join(", ")} and ${fields.length - 2} more`;
}
