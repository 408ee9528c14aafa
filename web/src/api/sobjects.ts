import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, listAll } from "./client";
import { findSobject, listSobjects } from "./generated";
import type { FieldBody, SObjectDetails } from "./types";

const DESCRIBE_FRESH_MS = 5 * 60_000;

export function useSObjects(integration: string) {
  return useQuery({
    queryKey: ["sobjects", integration],
    queryFn: () => listAll((after) => call(listSobjects({ path: { id: integration }, query: { after, limit: 500 } }))),
    staleTime: DESCRIBE_FRESH_MS,
  });
}

function describeQuery(integration: string, sobject: string) {
  return {
    queryKey: ["sobjects", integration, sobject],
    queryFn: () => call(findSobject({ path: { id: integration, sobject } })),
    staleTime: DESCRIBE_FRESH_MS,
  };
}

export function useDescribe(integration: string, sobject: string) {
  return useQuery(describeQuery(integration, sobject));
}

export function useDescribes(integration: string, sobjects: string[]) {
  return useQueries({ queries: sobjects.map((sobject) => describeQuery(integration, sobject)) });
}

/** The fields of sObjects as far as they are known; those that are missing are asked for. */
export function useFieldsOf(
  integration: string,
  needed: (fieldsOf: (sobject: string) => FieldBody[] | undefined) => string[],
): (sobject: string) => FieldBody[] | undefined {
  const cache = useQueryClient();
  const fieldsOf = (sobject: string) =>
    cache.getQueryData<SObjectDetails>(describeQuery(integration, sobject).queryKey)?.fields;
  // Each answer draws the page anew, and may lead one lookup further.
  useDescribes(integration, needed(fieldsOf));
  return fieldsOf;
}
