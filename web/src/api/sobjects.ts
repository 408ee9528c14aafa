import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, listAll } from "./client";
import { findSobject, listSobjects } from "./generated";
import type { FieldBody, SObjectDetails } from "./types";

const DESCRIBE_FRESH_MS = 5 * 60_000;

export function useSObjects(integration: string, wanted = true) {
  return useQuery({
    queryKey: ["sobjects", integration],
    queryFn: () => listAll((after) => call(listSobjects({ path: { id: integration }, query: { after, limit: 500 } }))),
    staleTime: DESCRIBE_FRESH_MS,
    enabled: wanted,
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

/** The fields of sObjects as far as they are known, and those whose fields Salesforce did not tell. */
export interface KnownFields {
  fieldsOf: (sobject: string) => FieldBody[] | undefined;
  isBroken: (sobject: string) => boolean;
  /** Asks again for what could not be told; nothing where there is no such thing. */
  retry: (() => void) | undefined;
}

/** The same; those that are missing are asked for. */
export function useFieldsOf(
  integration: string,
  needed: (fieldsOf: (sobject: string) => FieldBody[] | undefined) => string[],
): KnownFields {
  const cache = useQueryClient();
  const fieldsOf = (sobject: string) =>
    cache.getQueryData<SObjectDetails>(describeQuery(integration, sobject).queryKey)?.fields;
  // Each answer draws the page anew, and may lead one lookup further.
  const sobjects = needed(fieldsOf);
  // Only what is read of an answer here draws the page anew when it changes: the data too, which the cache tells.
  const describes = useDescribes(integration, sobjects).map(({ data, isError, refetch }, at) => ({
    sobject: sobjects[at],
    isBroken: isError && data === undefined,
    refetch,
  }));
  const broken = describes.filter(({ isBroken }) => isBroken);
  return {
    fieldsOf,
    isBroken: (sobject) => broken.some((describe) => describe.sobject === sobject),
    retry:
      broken.length > 0
        ? () => {
            for (const { refetch } of broken) refetch();
          }
        : undefined,
  };
}
