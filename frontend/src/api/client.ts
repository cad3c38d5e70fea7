import createClient, { type FetchResponse, type Middleware } from "openapi-fetch";
import { configuration } from "@/config";
import { offlineProblem, problemOf } from "./problems";
import type { components, paths } from "./schema";
import { sessionToken } from "./session";

type Session = components["schemas"]["Session"];

const PUBLIC = new Set(["/v1/sessions", "/v1/models", "/v1/health"]);

async function postSession(token: string | undefined): Promise<Session> {
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  let response = await reach(`${configuration().apiUrl}/v1/sessions`, { method: "POST", headers });
  // A token that is past renewal: start over as a new owner.
  if (response.status === 401 && token) {
    response = await reach(`${configuration().apiUrl}/v1/sessions`, { method: "POST" });
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemOf(response, body);
  return body as Session;
}

async function reach(input: RequestInfo, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(input, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw offlineProblem(cause);
  }
}

const authorization: Middleware = {
  async onRequest({ request, schemaPath }) {
    if (PUBLIC.has(schemaPath)) return;
    request.headers.set("Authorization", `Bearer ${await sessionToken(postSession)}`);
  },
};

/** Sends a request; when its token is refused, once more with a fresh one. */
async function send(request: Request): Promise<Response> {
  const used = request.headers.get("Authorization")?.slice("Bearer ".length);
  const again = request.clone();
  const response = await reach(request);
  if (response.status !== 401 || used === undefined) return response;
  again.headers.set("Authorization", `Bearer ${await sessionToken(postSession, used)}`);
  return reach(again);
}

let client: ReturnType<typeof createClient<paths>> | undefined;

/** The typed client of the API; it brings its own session. */
export function api(): ReturnType<typeof createClient<paths>> {
  if (!client) {
    client = createClient<paths>({ baseUrl: configuration().apiUrl || location.origin, fetch: send });
    client.use(authorization);
  }
  return client;
}

/**
 * The body of an answer.
 *
 * @throws ApiProblem for every refusal.
 */
export async function bodyOf<T extends Record<string | number, unknown>, O, M extends `${string}/${string}`>(
  call: Promise<FetchResponse<T, O, M>>,
): Promise<NonNullable<FetchResponse<T, O, M>["data"]>> {
  const { data, error, response } = await call;
  if (data === undefined) throw problemOf(response, error);
  return data as NonNullable<FetchResponse<T, O, M>["data"]>;
}
