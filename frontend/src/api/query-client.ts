import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./problems";

const MAX_RETRIES = 4;
const LONGEST_WAIT_MILLISECONDS = 15_000;

/** How long to wait before a failed request is sent again: what the service asked for, or 1, 2, 4 ... seconds. */
export function retryDelay(failures: number, problem: unknown): number {
  const asked = problem instanceof ApiProblem ? problem.retryAfterSeconds : undefined;
  return asked === undefined ? Math.min(1000 * 2 ** failures, LONGEST_WAIT_MILLISECONDS) : asked * 1000;
}

/** Only what can pass by itself is tried again: a refusal stays one. */
export function mayRetry(failures: number, problem: unknown): boolean {
  return failures < MAX_RETRIES && problem instanceof ApiProblem && problem.isTemporary;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: { queries: { retry: mayRetry, retryDelay, staleTime: 1000 } },
  });
}
