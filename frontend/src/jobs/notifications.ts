import { Choice, useChoice } from "@/shared/choice";

/**
 * `off` and `on` as chosen; `denied`: the browser forbids it; `unsupported`: it has none, or none for pages.
 */
export type NotificationChoice = "off" | "on" | "denied" | "unsupported";

const choice = new Choice<NotificationChoice>("notify-when-done", {
  read(stored) {
    if (!("Notification" in window)) return "unsupported";
    // The browser's own settings may have been changed since.
    return stored === true && Notification.permission === "granted" ? "on" : "off";
  },
  write: (chosen) => chosen === "on",
});

/** Switches notifications on, which may ask for permission, or off. To be called in answer to a click. */
export async function toggleNotifications(): Promise<void> {
  if (choice.get() === "on") {
    choice.set("off");
    return;
  }
  const permission = await Notification.requestPermission();
  choice.set(permission === "granted" ? "on" : permission === "denied" ? "denied" : "off");
}

/**
 * Shows a notification of the system, if they are wanted.
 *
 * @param tag replaces an earlier notification with the same tag, so that several tabs tell only once.
 */
export function notify(title: string, body: string, tag: string): void {
  if (choice.get() !== "on") return;
  try {
    const notification = new Notification(title, { body, tag, icon: "/icon.svg" });
    notification.addEventListener("click", () => window.focus());
  } catch (failure) {
    // Browsers of phones have the interface but refuse it to pages.
    if (!(failure instanceof TypeError)) throw failure;
    choice.set("unsupported");
  }
}

export function useNotificationChoice(): NotificationChoice {
  return useChoice(choice);
}
