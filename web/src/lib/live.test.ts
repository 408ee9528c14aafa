import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listen } from "./live";

class FakeSource {
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  listeners = new Map<string, (message: { data: string }) => void>();

  addEventListener(name: string, listener: (message: { data: string }) => void) {
    this.listeners.set(name, listener);
  }

  close() {
    this.closed = true;
  }
}

describe("listen", () => {
  let sources: FakeSource[];

  beforeEach(() => {
    vi.useFakeTimers();
    sources = [];
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  function start() {
    const seen: string[] = [];
    const onPoll = vi.fn();
    const stop = listen({
      url: "/api/v1/events",
      event: "integration",
      onEvent: (data) => seen.push(data),
      onPoll,
      pollEvery: 1_000,
      open: () => {
        const source = new FakeSource();
        sources.push(source);
        return source as unknown as EventSource;
      },
    });
    return { seen, onPoll, stop };
  }

  it("hands on what the stream says, without polling", () => {
    const { seen, onPoll } = start();

    sources[0]?.onopen?.();
    sources[0]?.listeners.get("integration")?.({ data: "{}" });
    vi.advanceTimersByTime(10_000);

    expect(seen).toEqual(["{}"]);
    expect(onPoll).not.toHaveBeenCalled();
  });

  it("polls while the stream is down and stops when it is back", () => {
    const { onPoll } = start();

    sources[0]?.onerror?.();
    vi.advanceTimersByTime(2_500);
    sources[0]?.onopen?.();
    vi.advanceTimersByTime(5_000);

    expect(onPoll).toHaveBeenCalledTimes(2);
  });

  it("opens a refused stream again after a while", () => {
    start();
    const first = sources[0];
    if (first) first.readyState = 2;

    first?.onerror?.();
    vi.advanceTimersByTime(15_000);

    expect(first?.closed).toBe(true);
    expect(sources).toHaveLength(2);
  });

  it("is silent once ended", () => {
    const { onPoll, stop } = start();

    sources[0]?.onerror?.();
    stop();
    vi.advanceTimersByTime(60_000);

    expect(onPoll).not.toHaveBeenCalled();
    expect(sources[0]?.closed).toBe(true);
    expect(sources).toHaveLength(1);
  });
});
