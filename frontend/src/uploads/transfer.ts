/** Sending bytes to a presigned link. */

/** A link that takes this long without a byte moving is given up, in milliseconds. */
const STALLED_AFTER_MILLISECONDS = 60_000;
/** Set by the browser itself; scripts may not. */
const FORBIDDEN_HEADERS = new Set(["content-length", "host"]);

export interface Transfer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly signal: AbortSignal;
  /** Told how many bytes of the body are on their way. */
  readonly onProgress: (bytes: number) => void;
}

/** The object store refused the bytes, or gave no answer at all (`status` 0). */
export class TransferError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(status === 0 ? "The connection broke." : `The file store answered with status ${status}.`);
    this.name = "TransferError";
    this.status = status;
  }
}

/**
 * PUTs a body. XMLHttpRequest, because `fetch` does not tell how much of a body has been sent.
 *
 * @throws TransferError when it did not arrive; the reason of the signal when that was aborted.
 */
export function put({ url, headers, body, signal, onProgress }: Transfer): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    let stalled = setTimeout(abort, STALLED_AFTER_MILLISECONDS);
    const settle = (finish: () => void) => () => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", abort);
      finish();
    };
    request.upload.onprogress = (event) => {
      clearTimeout(stalled);
      stalled = setTimeout(abort, STALLED_AFTER_MILLISECONDS);
      onProgress(event.loaded);
    };
    request.onload = settle(() => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new TransferError(request.status));
    });
    request.onerror = settle(() => reject(new TransferError(0)));
    request.onabort = settle(() => reject(signal.aborted ? signal.reason : new TransferError(0)));
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      if (!FORBIDDEN_HEADERS.has(name.toLowerCase())) request.setRequestHeader(name, value);
    }
    signal.addEventListener("abort", abort, { once: true });
    request.send(body);
  });
}
