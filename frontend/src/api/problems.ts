import { strings } from "@/strings";
import type { ErrorCode, Problem } from "./types";

/** A refusal of the API, or an answer that could not be had at all (`status` 0). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: ErrorCode | "offline" | "unexpected";
  /** Seconds after which asking again can help. */
  readonly retryAfterSeconds: number | undefined;
  /** Request id, to be quoted to the operator. */
  readonly instance: string | undefined;

  constructor(
    message: string,
    options: {
      status: number;
      code: ApiProblem["code"];
      retryAfterSeconds?: number | undefined;
      instance?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.name = "ApiProblem";
    this.status = options.status;
    this.code = options.code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.instance = options.instance;
  }

  /** Whether the same request may succeed later without a change. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** The problem that an answer tells of, whatever its form. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  const problem = (body ?? {}) as Partial<Problem>;
  return new ApiProblem(problem.detail ?? strings.failures.unexpected(response.status), {
    status: response.status,
    code: problem.code ?? "unexpected",
    retryAfterSeconds: retryAfter(response),
    instance: problem.instance ?? undefined,
  });
}

/** The problem that a failed `fetch` stands for. */
export function offlineProblem(cause: unknown): ApiProblem {
  return new ApiProblem(strings.failures.unreachable, {
    status: 0,
    code: "offline",
    cause,
  });
}
