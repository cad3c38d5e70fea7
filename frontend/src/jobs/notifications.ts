import { useSyncExternalStore } from "react";
import { onStoredChange, readStored, writeStored } from "@/shared/storage";

const KEY = "notify-when-done";

/**
 * `off` and `on` as chosen; `denied`: the browser forbids it; `unsupported`: it has none, or none for pages.
 */
export type NotificationChoice = "off" | "on" | "denied" | "unsupported";

let current: NotificationChoice | undefined;
const listeners = new Set<() => void>();

function remembered(): NotificationChoice {
  if (!("Notification" in window)) return "unsupported";
  if (readStored<boolean>(KEY) !== true) return "off";
  // The browser's own settings may have been changed since.
  return Notification.permission === "granted" ? "on" : "off";
}

function choice(): NotificationChoice {
  current ??= remembered();
  return current;
}

function choose(next: NotificationChoice): void {
  current = next;
  writeStored(KEY, next === "on");
  for (const listener of listeners) listener();
}

/** Switches notifications on, which may ask for permission, or off. To be called in answer to a click. */
export async function toggleNotifications(): Promise<void> {
  if (choice() === "on") {
    choose("off");
    return;
  }
  const permission = await Notification.requestPermission();
  choose(permission === "granted" ? "on" : permission === "denied" ? "denied" : "off");
}

/**
 * Shows a notification of the system, if they are wanted.
 *
 * @param tag replaces an earlier notification with the same tag, so that several tabs tell only once.
 */
export function notify(title: string, body: string, tag: string): void {
  if (choice() !== "on") return;
  try {
    const notification = new Notification(title, { body, tag, icon: "/icon.svg" });
    notification.addEventListener("click", () => window.focus());
  } catch (failure) {
    // Browsers of phones have the interface but refuse it to pages.
    if (!(failure instanceof TypeError)) throw failure;
    choose("unsupported");
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const unlisten = onStoredChange(KEY, () => {
    current = undefined;
    listener();
  });
  return () => {
    listeners.delete(listener);
    unlisten();
  };
}

export function useNotificationChoice(): NotificationChoice {
  return useSyncExternalStore(subscribe, choice);
}
