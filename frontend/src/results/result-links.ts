import type { Download, Downloads } from "@/api/types";
import { fetchStored } from "@/shared/stored-file";
import { strings } from "@/strings";

/** A link that ends sooner is renewed before it is used: a click takes a moment to arrive. */
const MARGIN_MILLISECONDS = 30_000;

/** Chooses a file among a job's. */
export type ChooseFile = (downloads: Downloads) => Download | null | undefined;

/** The links to a job's files, renewed when they end. */
export class ResultLinks {
  #current: Downloads;
  #renewing: Promise<Downloads> | undefined;
  readonly #request: () => Promise<Downloads>;

  /** @param request gets fresh links. */
  constructor(downloads: Downloads, request: () => Promise<Downloads>) {
    this.#current = downloads;
    this.#request = request;
  }

  /** The links as they are; they may have ended. */
  get current(): Downloads {
    return this.#current;
  }

  /** Whether the links still lead to the files. */
  areValid(now: number = Date.now()): boolean {
    return Date.parse(this.#current.expires_at) - now > MARGIN_MILLISECONDS;
  }

  /** Gets fresh links. Calls that run side by side share one request. */
  renew(): Promise<Downloads> {
    this.#renewing ??= this.#request()
      .then((downloads) => {
        this.#current = downloads;
        return downloads;
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  /** Links that lead to the files. */
  valid(): Promise<Downloads> {
    return this.areValid() ? Promise.resolve(this.#current) : this.renew();
  }

  /**
   * Requests a file; when its link is refused, once more with a fresh one.
   *
   * @throws Error with a sentence for the user when the file cannot be had.
   */
  async fetch(choose: ChooseFile, signal: AbortSignal): Promise<Response> {
    const file = fileOf(await this.valid(), choose);
    const response = await reach(file, signal);
    return response.status === 403
      ? accepted(file, await reach(fileOf(await this.renew(), choose), signal))
      : accepted(file, response);
  }
}

function fileOf(downloads: Downloads, choose: ChooseFile): Download {
  const file = choose(downloads);
  if (!file) throw new Error(strings.results.noFiles);
  return file;
}

async function reach(file: Download, signal: AbortSignal): Promise<Response> {
  try {
    return await fetchStored(file.url, signal);
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new Error(strings.results.unreachable(file.filename), { cause });
  }
}

function accepted(file: Download, response: Response): Response {
  if (!response.ok) throw new Error(strings.results.fileRefused(file.filename, response.status));
  return response;
}
