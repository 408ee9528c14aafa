import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type LiveMode, listen } from "../lib/live";
import { integrationKey, integrationsKey, useKeepIntegration } from "./integrations";
import type { IntegrationBody } from "./types";

/** What is another once a run has begun or ended. */
const touchedByRuns = ["runs", "sync-rules", "record-sobjects"];

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
        const run = news.current_run?.id;
        if (running.has(news.id) && running.get(news.id) !== run) {
          for (const touched of touchedByRuns) cache.invalidateQueries({ queryKey: [touched] });
        }
        running.set(news.id, run);
      },
      onPoll: () => cache.invalidateQueries({ queryKey: integration ? integrationKey(integration) : integrationsKey }),
      onModeChange: setMode,
    });
  }, [integration, cache]);

  return mode;
}
