import type { FieldMappingSuggestion, NewFieldMappingBody } from "../api/types";

/** Where a value comes from, as one text: `Account.Name`. */
export function sourceOf({ sobject, field }: Pick<NewFieldMappingBody, "sobject" | "field">): string {
  return `${sobject}.${field}`;
}

/** Only what the server takes of a mapping. */
export function toNewMapping({ entity, property, sobject, field }: NewFieldMappingBody): NewFieldMappingBody {
  return { entity, property, sobject, field };
}

function feedsSame(one: NewFieldMappingBody, other: NewFieldMappingBody): boolean {
  return one.entity === other.entity && one.property === other.property;
}

/** The mappings with `mapping` in the place of what fed the same property. */
export function withMapping(mappings: NewFieldMappingBody[], mapping: NewFieldMappingBody): NewFieldMappingBody[] {
  return [...mappings.filter((one) => !feedsSame(one, mapping)).map(toNewMapping), toNewMapping(mapping)];
}

export function withoutMapping(
  mappings: NewFieldMappingBody[],
  target: Pick<NewFieldMappingBody, "entity" | "property">,
): NewFieldMappingBody[] {
  return mappings.filter((one) => one.entity !== target.entity || one.property !== target.property).map(toNewMapping);
}

/** The best suggestion for each property that nothing feeds yet. */
export function openSuggestions(
  suggestions: FieldMappingSuggestion[],
  mappings: NewFieldMappingBody[],
): FieldMappingSuggestion[] {
  const best: FieldMappingSuggestion[] = [];
  for (const suggestion of [...suggestions].sort((one, other) => other.score - one.score)) {
    const taken = mappings.some((mapping) => feedsSame(mapping, suggestion));
    if (!taken && !best.some((other) => feedsSame(other, suggestion))) best.push(suggestion);
  }
  return best;
}

/** The mappings that differ from `others`, a line for each property, so that two versions can be compared. */
export function mappingLines(
  mappings: NewFieldMappingBody[],
  others: NewFieldMappingBody[],
): { label: string; value: string }[] {
  const all = [...mappings, ...others];
  const keys = [...new Set(all.map(({ entity, property }) => `${entity}.${property}`))].sort();
  const valueIn = (some: NewFieldMappingBody[], key: string) => {
    const found = some.find(({ entity, property }) => `${entity}.${property}` === key);
    return found ? sourceOf(found) : "nothing";
  };
  return keys
    .filter((key) => valueIn(mappings, key) !== valueIn(others, key))
    .map((key) => ({ label: key, value: valueIn(mappings, key) }));
}
