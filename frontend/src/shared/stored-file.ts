/**
 * Requests a file of the object store.
 *
 * Past the browser's cache: a file that was downloaded by its link lies there without the headers that let a page
 * read it, because the store sends them only to a page that asks.
 */
export function fetchStored(url: string, signal: AbortSignal | null): Promise<Response> {
  return fetch(url, { signal, cache: "no-store" });
}
