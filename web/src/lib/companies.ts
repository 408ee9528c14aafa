import type { NewFieldMappingBody, SyncRuleBody, SyncRulePreview } from "../api/types";

/** How many companies will appear: each record of an sObject that feeds companies is one, unless two name the same. */
export interface ComingCompanies {
  /** Missing while it is counted, or where Salesforce did not count in time. */
  count: number | undefined;
  /** The sObjects that they come from, by what people call them. */
  from: string[];
}

export function comingCompanies(
  rules: SyncRuleBody[],
  previews: (SyncRulePreview | undefined)[],
  mappings: NewFieldMappingBody[],
): ComingCompanies {
  const feeds = new Set(
    mappings.filter(({ entity }) => entity === "company").map(({ sobject }) => sobject.toLowerCase()),
  );
  const from: string[] = [];
  let count: number | undefined = 0;
  for (const [index, rule] of rules.entries()) {
    if (!feeds.has(rule.sobject.toLowerCase())) continue;
    from.push(rule.label);
    const counted = previews[index]?.count ?? undefined;
    count = count === undefined || counted === undefined ? undefined : count + counted;
  }
  return { count, from };
}
