import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { listToasts, showToast, subscribeToToasts } from "./toasts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

it("shows the newest three and drops each after a while", () => {
  for (const title of ["one", "two", "three", "four"]) showToast({ tone: "ok", title });

  expect(listToasts().map(({ title }) => title)).toEqual(["two", "three", "four"]);

  vi.advanceTimersByTime(5_000);

  expect(listToasts()).toEqual([]);
});

it("tells those who listen", () => {
  const listener = vi.fn();
  const stop = subscribeToToasts(listener);

  showToast({ tone: "problem", title: "It did not work" });
  stop();
  showToast({ tone: "ok", title: "It did" });

  expect(listener).toHaveBeenCalledTimes(1);
});
