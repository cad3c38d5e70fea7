/** Browsers read the file after the click; this is long enough for the largest. */
const KEEP_MILLISECONDS = 60_000;

interface FileHandle {
  createWritable(): Promise<WritableStream<Uint8Array>>;
}

interface SavePicker {
  showSaveFilePicker(options: { suggestedName: string }): Promise<FileHandle>;
}

function hasPicker(scope: object): scope is SavePicker {
  return "showSaveFilePicker" in scope;
}

/** Whether a file can be written to the disk while it is made; else it is kept in memory until it is complete. */
export function canStreamToDisk(): boolean {
  return hasPicker(window);
}

/** Hands a file to the browser's downloads. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  followDownload(url, name);
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MILLISECONDS);
}

/** Does what a click on a download link does. */
export function followDownload(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

/**
 * Saves what a stream brings. Has to be called while the user's click counts: the browser asks where to save.
 *
 * @param open makes the stream; called once it is known where the file goes.
 * @throws DOMException `AbortError` when the user changes their mind.
 */
export async function saveStream(
  name: string,
  open: () => ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  if (hasPicker(window)) {
    const handle = await window.showSaveFilePicker({ suggestedName: name });
    await open().pipeTo(await handle.createWritable(), { signal });
    return;
  }
  const blob = await new Response(open(), { headers: { "Content-Type": "application/zip" } }).blob();
  signal.throwIfAborted();
  saveBlob(blob, name);
}
