import { fetchStored } from "@/shared/stored-file";
import { createDownloads } from "./downloads";
import { offlineProblem, problemOf } from "./problems";
import type { Download, Downloads, Job } from "./types";

type Choose = (downloads: Downloads) => Download | null | undefined;

async function fetchFile(url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetchStored(url, signal);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw offlineProblem(cause);
  }
}

/**
 * A JSON file of a finished job. Its link may have ended (the store answers 403): then once more with a fresh one.
 *
 * @throws ApiProblem when the file cannot be had, also when the job has none of this kind.
 */
export async function fetchResult<T>(job: Job, choose: Choose, signal: AbortSignal): Promise<T> {
  const known = job.downloads ? choose(job.downloads) : undefined;
  let response = known ? await fetchFile(known.url, signal) : undefined;
  if (response === undefined || response.status === 403) {
    const fresh = choose(await createDownloads(job.job_id));
    if (fresh) response = await fetchFile(fresh.url, signal);
  }
  if (response === undefined) throw problemOf(new Response(null, { status: 404 }), undefined);
  if (!response.ok) throw problemOf(response, undefined);
  return (await response.json()) as T;
}
