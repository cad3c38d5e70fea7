import { readStored, writeStored } from "@/shared/storage";
import type { components } from "./schema";

type Session = components["schemas"]["Session"];

const KEY = "session";
/** A token that ends within this time is renewed before it is used, so that the owner is never lost. */
const RENEW_BEFORE_MILLISECONDS = 60 * 60 * 1000;

let pending: Promise<string> | undefined;

function stored(): Session | undefined {
  return readStored<Session>(KEY);
}

function endsSoon(session: Session): boolean {
  return Date.parse(session.expires_at) - Date.now() < RENEW_BEFORE_MILLISECONDS;
}

async function request(post: (token: string | undefined) => Promise<Session>): Promise<string> {
  const session = await post(stored()?.token);
  writeStored(KEY, session);
  return session.token;
}

/**
 * The token to call with, requested or renewed when needed. Calls that run side by side share one request:
 * two requests would make two owners, and the jobs of one would seem lost.
 *
 * @param post calls `POST /v1/sessions`, with the old token if there is one.
 * @param refused the token that the API has just refused, if any.
 */
export function sessionToken(
  post: (token: string | undefined) => Promise<Session>,
  refused?: string,
): Promise<string> {
  const session = stored();
  if (session && session.token !== refused && !endsSoon(session)) return Promise.resolve(session.token);
  pending ??= withLock(() => {
    const current = stored();
    // Another tab may have renewed it meanwhile.
    if (current && current.token !== refused && !endsSoon(current)) return Promise.resolve(current.token);
    return request(post);
  }).finally(() => {
    pending = undefined;
  });
  return pending;
}

function withLock<T>(work: () => Promise<T>): Promise<T> {
  // Missing where the page is served without encryption.
  const locks: LockManager | undefined = navigator.locks;
  return locks ? (locks.request("stem-foundry-session", work) as Promise<T>) : work();
}
