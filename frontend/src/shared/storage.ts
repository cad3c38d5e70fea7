/** What the page remembers in this browser. All of it may be missing or refused; nothing depends on it. */

const PREFIX = "stem-foundry.";

export function readStored<T>(key: string): T | undefined {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    // Unreadable, or storage is switched off: as good as not stored.
    return undefined;
  }
}

export function writeStored(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Full or switched off: remembered until the page is left, by whoever holds the value.
  }
}

export function removeStored(key: string): void {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Storage is switched off, so there is nothing to remove.
  }
}

/** Calls the listener when another tab changes a value. */
export function onStoredChange(key: string, listener: () => void): () => void {
  const handle = (event: StorageEvent) => {
    if (event.key === PREFIX + key) listener();
  };
  window.addEventListener("storage", handle);
  return () => window.removeEventListener("storage", handle);
}
