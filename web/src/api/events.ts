import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type LiveMode, listen } from "../lib/live";
import { integrationKey, integrationsKey, useKeepIntegration } from "./integrations";
import type { IntegrationBody } from "./types";

/** What is another once a run, or its part for one sObject, has begun or ended. */
const touchedByRuns = ["runs", "sync-rules", "record-sobjects", "rule-fields", "drift"];

/** Keeps integrations up to date while a page shows them: one of them, or all. Returns how news arrives. */
export function useLiveIntegrations(integration?: string): LiveMode {
  const cache = useQueryClient();
  const keep = useRef<(integration: IntegrationBody) => void>(() => {});
  keep.current = useKeepIntegration();
  const [mode, setMode] = useState<LiveMode>("streaming");

  useEffect(() => {
    const only = integration ? `?integration=${encodeURIComponent(integration)}` : "";
    const running = new Map<string, string | undefined>();
    return listen({
      url: `/api/v1/events${only}`,
      event: "integration",
      onEvent: (data) => {
        const news = JSON.parse(data) as IntegrationBody;
        keep.current(news);
        const stage = stageOf(news);
        // The first news of a run under way may tell of parts that ended after the page was filled.
        if (running.get(news.id) !== stage) {
          for (const touched of touchedByRuns) cache.invalidateQueries({ queryKey: [touched] });
        }
        running.set(news.id, stage);
      },
      onPoll: () => cache.invalidateQueries({ queryKey: integration ? integrationKey(integration) : integrationsKey }),
      onModeChange: setMode,
    });
  }, [integration, cache]);

  return mode;
}

/** The run under way and how many of its parts are over, or the last one: a short run may be over before it is told of. */
function stageOf({ current_run: run, last_run }: IntegrationBody): string | undefined {
  return run ? `${run.id} ${run.rules.filter(({ outcome }) => outcome).length}` : last_run?.id;
}
