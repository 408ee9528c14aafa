import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { call } from "./client";
import type { ListRecordsData } from "./generated";
import { findRecord, listRecordSobjects, listRecords } from "./generated";

function sobjectsQuery(integration: string) {
  return {
    queryKey: ["record-sobjects", integration],
    queryFn: async () => (await call(listRecordSobjects({ path: { id: integration } }))).items,
  };
}

export function useRecordSObjects(integration: string) {
  return useQuery(sobjectsQuery(integration));
}

export function useRecordSObjectsOf(integrations: string[]) {
  return useQueries({ queries: integrations.map(sobjectsQuery) });
}

export type RecordQuery = NonNullable<ListRecordsData["query"]>;

export function useRecords(integration: string, sobject: string, query: RecordQuery) {
  return useQuery({
    queryKey: ["records", integration, sobject, query],
    queryFn: ({ signal }) => call(listRecords({ path: { id: integration, sobject }, query, signal })),
    placeholderData: keepPreviousData,
  });
}

export function useRecord(integration: string, sobject: string, recordId: string | undefined) {
  return useQuery({
    queryKey: ["records", integration, sobject, "one", recordId],
    queryFn: () => call(findRecord({ path: { id: integration, sobject, record_id: recordId ?? "" } })),
    enabled: recordId !== undefined,
  });
}
