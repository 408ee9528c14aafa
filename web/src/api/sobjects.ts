import { useQueries, useQuery } from "@tanstack/react-query";
import { call, listAll } from "./client";
import { findSobject, listSobjects } from "./generated";

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
