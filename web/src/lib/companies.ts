import type { EntityBody, NewFieldMappingBody, SyncRuleBody, SyncRulePreview } from "../api/types";

/**
 * How many companies the records make, at most: each record of an sObject that feeds companies themselves is one, and two may
 * name the same. A contract or case tells something of a company, and makes none.
 */
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
  entities: EntityBody[],
): ComingCompanies {
  const properties = entities.find(({ name }) => name === "company")?.properties ?? [];
  const own = properties.filter(({ required }) => required).flatMap(({ sobjects }) => sobjects);
  const isOwn = (property: string) =>
    properties.some(({ name, sobjects }) => name === property && sobjects.some((sobject) => own.includes(sobject)));
  const feeds = new Set(
    mappings
      .filter(({ entity, property }) => entity === "company" && isOwn(property))
      .map(({ sobject }) => sobject.toLowerCase()),
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
