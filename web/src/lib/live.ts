/** Something that is told of news by server-sent events, and asks again by itself while they do not come. */
export interface LiveOptions {
  url: string;
  /** The name of the event to listen for. */
  event: string;
  onEvent: (data: string) => void;
  /** Called each `pollEvery` milliseconds while the stream is down. */
  onPoll: () => void;
  onModeChange?: (mode: LiveMode) => void;
  pollEvery?: number;
  open?: (url: string) => EventSource;
}

export type LiveMode = "streaming" | "polling";

const POLL_EVERY_MS = 3_000;
/** A proxy that swallows streams opens them and stays silent; a broken one fails at once. Both are retried this often. */
const REOPEN_AFTER_MS = 15_000;

/** Listens until the returned function is called. */
export function listen(options: LiveOptions): () => void {
  const open = options.open ?? ((url) => new EventSource(url, { withCredentials: true }));
  let source: EventSource | undefined;
  let poll: ReturnType<typeof setInterval> | undefined;
  let reopen: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  function startPolling() {
    if (poll !== undefined || ended) return;
    options.onModeChange?.("polling");
    poll = setInterval(options.onPoll, options.pollEvery ?? POLL_EVERY_MS);
  }

  function stopPolling() {
    clearInterval(poll);
    poll = undefined;
  }

  function connect() {
    if (ended) return;
    source = open(options.url);
    source.onopen = () => {
      stopPolling();
      options.onModeChange?.("streaming");
    };
    source.addEventListener(options.event, (message) => options.onEvent((message as MessageEvent<string>).data));
    source.onerror = () => {
      startPolling();
      // The browser itself reconnects a stream that broke, but not one that was refused.
      if (source?.readyState !== 2 || reopen !== undefined) return;
      source.close();
      reopen = setTimeout(() => {
        reopen = undefined;
        connect();
      }, REOPEN_AFTER_MS);
    };
  }

  connect();
  return () => {
    ended = true;
    stopPolling();
    clearTimeout(reopen);
    source?.close();
  };
}
