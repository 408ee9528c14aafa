import { useFieldsOf } from "../api/sobjects";
import type { FieldBody } from "../api/types";
import { fieldAt, isOnTheWay, type Step, sobjectsOf, stepsOf } from "./field-path";
import { conditionsOf, type Group } from "./sync-filter";

/** What is known of the fields that a filter may name. */
export interface FilterFields {
  own: FieldBody[];
  at: (path: string) => FieldBody | undefined;
  steps: (path: string) => Step[];
  isOnTheWay: (path: string) => boolean;
  /** Asks again for fields that could not be told; nothing where all are known or on the way. */
  retry: (() => void) | undefined;
}

/** The fields of an sObject, and those of the records that a filter looks at over lookups. */
export function useFilterFields(integration: string, own: FieldBody[], filter: Group | undefined): FilterFields {
  const paths = filter ? conditionsOf(filter).map(({ field }) => field) : [];
  const { fieldsOf, isBroken, retry } = useFieldsOf(integration, (known) => sobjectsOf(paths, own, known));
  return {
    own,
    at: (path) => fieldAt(path, own, fieldsOf),
    steps: (path) => stepsOf(path, own, fieldsOf, isBroken),
    isOnTheWay: (path) => isOnTheWay(path, own, fieldsOf),
    retry,
  };
}
