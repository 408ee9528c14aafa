import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { call } from "./client";
import { listTimeline } from "./generated";

/** What happened in the workspace or to one integration, a page at a time. */
export function useTimeline({
  integration,
  after,
  limit = 50,
}: {
  integration?: string;
  after?: string;
  limit?: number;
}) {
  return useQuery({
    queryKey: ["timeline", integration, after, limit],
    queryFn: () => call(listTimeline({ query: { integration_id: integration, after, limit } })),
    placeholderData: keepPreviousData,
  });
}
