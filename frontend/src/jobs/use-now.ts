import { useEffect, useState } from "react";

const TICK_MILLISECONDS = 1000;

/** The time in milliseconds since 1970, every second anew while `isTicking`. */
export function useNow(isTicking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isTicking) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), TICK_MILLISECONDS);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}
