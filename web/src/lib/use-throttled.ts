import { useEffect, useRef, useState } from "react";

/** The newest `value`, taken at most once in `milliseconds`. */
export function useThrottled<Value>(value: Value, milliseconds: number): Value {
  const [taken, setTaken] = useState(value);
  const newest = useRef(value);
  newest.current = value;
  useEffect(() => {
    const timer = setInterval(() => setTaken(newest.current), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
  return taken;
}
