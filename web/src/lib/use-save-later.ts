import { useCallback, useEffect, useRef, useState } from "react";

/**
 * Saves what somebody goes on changing: once they have rested for `delay` milliseconds, and at once when they leave the page,
 * close the tab or hide it. A request that is under way as a tab closes may still be lost, but none waits.
 */
export function useSaveLater<Value>(save: (value: Value) => void, delay: number) {
  const latest = useRef(save);
  latest.current = save;
  const waiting = useRef<{ value: Value; timer: ReturnType<typeof setTimeout> }>(undefined);
  const [isWaiting, setWaiting] = useState(false);

  /** Forgets what waits; it is not to be saved. */
  const forget = useCallback(() => {
    clearTimeout(waiting.current?.timer);
    waiting.current = undefined;
    setWaiting(false);
  }, []);

  const saveNow = useCallback(() => {
    const last = waiting.current;
    forget();
    if (last) latest.current(last.value);
  }, [forget]);

  const saveLater = useCallback(
    (value: Value) => {
      clearTimeout(waiting.current?.timer);
      waiting.current = { value, timer: setTimeout(saveNow, delay) };
      setWaiting(true);
    },
    [saveNow, delay],
  );

  useEffect(() => saveNow, [saveNow]);
  useEffect(() => {
    window.addEventListener("pagehide", saveNow);
    return () => window.removeEventListener("pagehide", saveNow);
  }, [saveNow]);
  return { saveLater, saveNow, forget, isWaiting };
}
