import { useSyncExternalStore } from "react";
import { strings } from "@/strings";

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** Whether the browser believes that it has a network. */
export function useOnline(): boolean {
  return useSyncExternalStore(subscribe, () => navigator.onLine);
}

export function OfflineNotice() {
  const online = useOnline();
  return <div role="status">{online ? null : <p className="notice warn">{strings.failures.offline}</p>}</div>;
}
