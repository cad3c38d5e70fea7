import type { Lane } from "@/api/types";
import { strings } from "@/strings";
import { isAbort, PlaybackProblem } from "./playback-problem";
import type { PlayerSource } from "./types";

/** Seconds to wait before each further try after the connection or the storage failed. */
const RETRY_SECONDS = [0.5, 1, 2, 4, 8, 8, 8, 8];

const FORBIDDEN = 403;
const PARTIAL_CONTENT = 206;

/**
 * Bytes `[first, end)` of a lane's preview.
 *
 * A refused link is renewed once; a connection that fails is tried again for about forty seconds, at once when the
 * browser says that it is back.
 *
 * @throws PlaybackProblem when that did not help.
 */
export async function fetchRange(
  source: PlayerSource,
  lane: Lane,
  first: number,
  end: number,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  let renewed = false;
  for (let attempt = 0; ; attempt++) {
    const response = await request(source.url(lane), first, end, signal);
    if (response instanceof ArrayBuffer) {
      return response;
    }
    if (response === FORBIDDEN && !renewed) {
      renewed = true;
      await renew(source);
      continue;
    }
    const seconds = RETRY_SECONDS[attempt];
    if (response === FORBIDDEN || isFinal(response)) {
      throw new PlaybackProblem(strings.playback.gone);
    }
    if (seconds === undefined) {
      throw new PlaybackProblem(strings.playback.connectionLost);
    }
    await pauseBeforeRetry(seconds, signal);
  }
}

/** The bytes, or the status that came instead of them; `undefined` when there was no answer at all. */
async function request(
  url: string,
  first: number,
  end: number,
  signal: AbortSignal,
): Promise<ArrayBuffer | number | undefined> {
  try {
    const response = await fetch(url, { headers: { Range: `bytes=${first}-${end - 1}` }, signal });
    if (!response.ok) {
      return response.status;
    }
    const bytes = await response.arrayBuffer();
    // A server without ranges answers with the whole file.
    return response.status === PARTIAL_CONTENT ? bytes : bytes.slice(first, end);
  } catch (error) {
    if (isAbort(error) || signal.aborted) {
      throw error;
    }
    return undefined;
  }
}

async function renew(source: PlayerSource): Promise<void> {
  try {
    await source.refresh();
  } catch (cause) {
    throw new PlaybackProblem(strings.playback.linksNotRenewed, { cause });
  }
}

function isFinal(status: number | undefined): boolean {
  return status !== undefined && status < 500 && status !== 408 && status !== 429;
}

function pauseBeforeRetry(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      removeEventListener("online", finish);
      signal.removeEventListener("abort", finish);
      if (signal.aborted) {
        reject(signal.reason);
      } else {
        resolve();
      }
    };
    const timer = setTimeout(finish, seconds * 1000);
    addEventListener("online", finish);
    signal.addEventListener("abort", finish);
  });
}
