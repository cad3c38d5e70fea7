import { useQuery } from "@tanstack/react-query";
import { offlineProblem, problemOf } from "@/api/problems";
import type { Downloads, Job } from "@/api/types";

const DEMO_PATH = "/demo/job.json";

/** The demo's finished job. */
export interface Demo {
  readonly job: Job;
  /** Its files lie beside the page: their links never end. */
  renew(): Promise<Downloads>;
}

/**
 * The demo of this host; null where there is none.
 *
 * @throws ApiProblem when the host cannot be reached or refuses for another reason.
 */
export async function fetchDemo(signal?: AbortSignal): Promise<Demo | null> {
  const response = await fetch(new URL(DEMO_PATH, location.href), { signal: signal ?? null }).catch(
    (cause: unknown) => {
      throw signal?.aborted ? cause : offlineProblem(cause);
    },
  );
  // A host without the file answers with 404, or with the page itself.
  if (response.status === 404 || !isJson(response)) return null;
  if (!response.ok) throw problemOf(response, undefined);
  const { job } = (await response.json()) as { job: Job };
  const downloads = job.downloads;
  return downloads ? { job, renew: () => Promise.resolve(downloads) } : null;
}

function isJson(response: Response): boolean {
  return response.headers.get("Content-Type")?.includes("json") ?? false;
}

export function useDemo() {
  return useQuery({
    queryKey: ["demo"],
    queryFn: ({ signal }) => fetchDemo(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
