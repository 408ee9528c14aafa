/** Ways to fields over lookups, such as `Account.Owner.Name`. */
import type { FieldBody } from "../api/types";

/** A filter may go over five lookups (SOQL and SOSL Reference, Understanding Relationship Query Limitations). */
export const MOST_LOOKUPS = 5;

type FieldsOf = (sobject: string) => FieldBody[] | undefined;

/** One step of a path: the fields to choose from, what is chosen, and the sObject. */
export interface Step {
  /** Nothing while they are on the way. */
  fields: FieldBody[] | undefined;
  chosen: string;
  /** Whether they could not be asked for. */
  isBroken?: true;
}

/** A text field that filters may name. */
function nameField(name: string, label: string, type = "string"): FieldBody {
  return {
    name,
    label,
    type,
    length: 0,
    custom: false,
    nillable: true,
    calculated: false,
    filterable: true,
    compound: null,
    picklist: [],
    reference_to: [],
    relationship: null,
    polymorphic: false,
    skipped: null,
  };
}

/** What records have in common that a lookup to several sObjects leads to (Object Reference, Name). */
function fieldsOfName(targets: string[]): FieldBody[] {
  const type = nameField("Type", "Kind of record", "picklist");
  return [
    nameField("Name", "Name"),
    { ...type, picklist: targets.map((target) => ({ value: target, label: target })) },
    nameField("FirstName", "First name"),
    nameField("LastName", "Last name"),
    nameField("Email", "Email"),
    nameField("Username", "Username"),
    nameField("Alias", "Alias"),
    nameField("Title", "Title"),
    nameField("IsActive", "Active", "boolean"),
  ];
}

/** The steps of a path, from the sObject's own fields on, as far as the fields are known. */
export function stepsOf(
  path: string,
  own: FieldBody[],
  fieldsOf: FieldsOf,
  isBroken: (sobject: string) => boolean = () => false,
): Step[] {
  const names = path.split(".");
  const steps: Step[] = [];
  let fields: FieldBody[] | undefined = own;
  let broken = false;
  for (const [at, name] of names.entries()) {
    steps.push(broken ? { fields, chosen: name, isBroken: true } : { fields, chosen: name });
    if (at === names.length - 1) break;
    const lookup: FieldBody | undefined = fields?.find(({ relationship }) => same(relationship, name));
    const target: string | undefined = lookup && targetOf(lookup);
    fields = lookup?.polymorphic ? fieldsOfName(lookup.reference_to) : target ? fieldsOf(target) : undefined;
    broken = fields === undefined && target !== undefined && isBroken(target);
    if (!lookup && fields === undefined) break;
  }
  return steps;
}

/** The field that a path leads to; nothing where there is none, or it is not known yet. */
export function fieldAt(path: string, own: FieldBody[], fieldsOf: FieldsOf): FieldBody | undefined {
  const steps = stepsOf(path, own, fieldsOf);
  const last = steps[steps.length - 1];
  if (steps.length < path.split(".").length) return undefined;
  return last?.fields?.find(({ name, filterable }) => filterable && same(name, last.chosen));
}

/** Whether a path is one that could still be there: some of its sObjects are not described yet. */
export function isOnTheWay(path: string, own: FieldBody[], fieldsOf: FieldsOf): boolean {
  return stepsOf(path, own, fieldsOf).some(({ fields }) => fields === undefined);
}

/** The sObjects that paths lead over, as far as that is known. */
export function sobjectsOf(paths: string[], own: FieldBody[], fieldsOf: FieldsOf): string[] {
  const all = new Set<string>();
  for (const path of paths) {
    for (const { fields, chosen } of stepsOf(path, own, fieldsOf).slice(0, -1)) {
      const lookup = fields?.find(({ relationship }) => same(relationship, chosen));
      const target = lookup && !lookup.polymorphic ? targetOf(lookup) : undefined;
      if (target) all.add(target);
    }
  }
  return [...all];
}

/** The lookups that a filter may follow. */
export function lookupsOf(fields: FieldBody[]): FieldBody[] {
  return fields.filter(({ relationship, reference_to }) => relationship !== null && reference_to.length > 0);
}

function targetOf(lookup: FieldBody): string | undefined {
  return lookup.reference_to[0];
}

function same(one: string | null, other: string): boolean {
  return one !== null && one.toLowerCase() === other.toLowerCase();
}
