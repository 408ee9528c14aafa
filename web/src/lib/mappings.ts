import type { FieldMappingSuggestion, MappingTemplateItem, NewFieldMappingBody, TransformBody } from "../api/types";

/** Where a value comes from, as one text: `Account.Name`. */
export function sourceOf({ sobject, field }: Pick<NewFieldMappingBody, "sobject" | "field">): string {
  return `${sobject}.${field}`;
}

/** A transform that leaves values as they are. */
export const noTransform = {
  fallbacks: [],
  trim: false,
  lower: false,
  values: [],
  others: "keep",
  default: null,
} satisfies TransformBody;

/** All of a transform, of which the server takes a part too. */
export function wholeTransform(transform: TransformBody | undefined): Required<TransformBody> {
  return { ...noTransform, ...transform };
}

/** Only what the server takes of a mapping. */
export function toNewMapping({
  entity,
  property,
  sobject,
  field,
  transform,
}: NewFieldMappingBody): NewFieldMappingBody {
  return { entity, property, sobject, field, transform: wholeTransform(transform) };
}

/** The mappings without values of a list that are still being typed. */
export function finished(mappings: NewFieldMappingBody[]): NewFieldMappingBody[] {
  return mappings.map((mapping) => {
    const whole = toNewMapping(mapping);
    const values = wholeTransform(mapping.transform).values.filter(({ from, to }) => from.trim() && to.trim());
    return { ...whole, transform: { ...whole.transform, values } };
  });
}

/** What becomes of a mapping's values, in a few words; nothing where they stay as they are. */
export function transformWords(transform: TransformBody | undefined): string {
  const { fallbacks, trim, lower, values, others, default: otherwise } = wholeTransform(transform);
  const words = [
    fallbacks.length > 0 && `else ${fallbacks.join(", ")}`,
    trim && "trimmed",
    lower && "lower case",
    values.length > 0 && `${values.length === 1 ? "1 value" : `${values.length} values`} mapped`,
    values.length > 0 && others === "leave_empty" && "others empty",
    otherwise !== null && `default “${otherwise}”`,
  ];
  return words.filter(Boolean).join(", ");
}

/** The mappings with those of a template that can be used and whose property nothing feeds yet. */
export function withTemplate(mappings: NewFieldMappingBody[], items: MappingTemplateItem[]): NewFieldMappingBody[] {
  const added = items.flatMap((item) => {
    const { entity, property, sobject, field, transform } = item;
    if (field === null) return [];
    const mapping = { entity, property, sobject, field, transform };
    return mappings.some((one) => feedsSame(one, mapping)) ? [] : [toNewMapping(mapping)];
  });
  return [...mappings.map(toNewMapping), ...added];
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

/** What feeds a property that is not mapped. */
const NOTHING = "nothing";

/** The mappings that differ from `others`, a line for each property, so that two versions can be compared. */
export function mappingLines(
  mappings: NewFieldMappingBody[],
  others: NewFieldMappingBody[],
): { label: string; value: string }[] {
  const all = [...mappings, ...others];
  const keys = [...new Set(all.map(({ entity, property }) => `${entity}.${property}`))].sort();
  const valueIn = (some: NewFieldMappingBody[], key: string) => {
    const found = some.find(({ entity, property }) => `${entity}.${property}` === key);
    if (!found) return NOTHING;
    return [sourceOf(found), transformWords(found.transform)].filter(Boolean).join(", ");
  };
  return keys
    .filter((key) => valueIn(mappings, key) !== valueIn(others, key))
    .map((key) => ({ label: key, value: valueIn(mappings, key) }));
}

/** What of saved mappings others would change or remove, a line for each property. */
export function replacedLines(
  saved: NewFieldMappingBody[],
  next: NewFieldMappingBody[],
): { label: string; value: string }[] {
  const after = new Map(mappingLines(next, saved).map(({ label, value }) => [label, value]));
  return mappingLines(saved, next)
    .filter(({ value }) => value !== NOTHING)
    .map(({ label, value }) => ({ label, value: `${value} → ${after.get(label) ?? NOTHING}` }));
}
