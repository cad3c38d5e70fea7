import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchRange } from "@/player/engine/fetch-range";
import type { PlayerSource } from "@/player/engine/types";
import { strings } from "@/strings";
import { previewIndex } from "./index-of-previews";

const LINK = "http://storage.test/vocals.mp3";
const FILE = Uint8Array.from({ length: 100 }, (_, position) => position);
const server = setupServer();

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
  server.resetHandlers();
});
afterAll(() => server.close());

function sourceWith(refresh: () => Promise<void> = async () => {}): PlayerSource & { links: number } {
  const source = {
    index: previewIndex(1),
    links: 0,
    url: () => `${LINK}?link=${source.links}`,
    refresh: async () => {
      source.links++;
      await refresh();
    },
  };
  return source;
}

function partOfFile({ request }: { request: Request }) {
  const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.get("Range") ?? "") ?? [];
  return new HttpResponse(FILE.slice(Number(first), Number(last) + 1), { status: 206 });
}

async function bytesOf(source: PlayerSource, signal = new AbortController().signal): Promise<number[]> {
  return [...new Uint8Array(await fetchRange(source, "vocals", 10, 13, signal))];
}

/** Lets all waiting before retries pass. */
async function untilSettled<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = () => {
    settled = true;
  };
  promise.then(done, done);
  while (!settled) {
    await vi.advanceTimersByTimeAsync(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return promise;
}

describe("fetchRange", () => {
  it("asks for the bytes and no more", async () => {
    server.use(http.get(LINK, partOfFile));

    expect(await bytesOf(sourceWith())).toEqual([10, 11, 12]);
  });

  it("cuts them out of a whole file", async () => {
    server.use(http.get(LINK, () => new HttpResponse(FILE)));

    expect(await bytesOf(sourceWith())).toEqual([10, 11, 12]);
  });

  it("renews a link that is refused, once", async () => {
    server.use(
      http.get(LINK, (request) =>
        request.request.url.endsWith("link=0")
          ? new HttpResponse(null, { status: 403 })
          : partOfFile(request),
      ),
    );
    const source = sourceWith();

    expect(await bytesOf(source)).toEqual([10, 11, 12]);
    expect(source.links).toBe(1);
  });

  it("gives up when the new link is refused too", async () => {
    server.use(http.get(LINK, () => new HttpResponse(null, { status: 403 })));
    const source = sourceWith();

    await expect(bytesOf(source)).rejects.toThrow(strings.playback.gone);
    expect(source.links).toBe(1);
  });

  it("says so when there are no new links", async () => {
    server.use(http.get(LINK, () => new HttpResponse(null, { status: 403 })));

    await expect(bytesOf(sourceWith(() => Promise.reject(new Error("offline"))))).rejects.toThrow(
      strings.playback.linksNotRenewed,
    );
  });

  it("tries again while the connection or the storage fails", async () => {
    let requests = 0;
    server.use(
      http.get(LINK, (request) => {
        requests++;
        if (requests === 1) {
          return HttpResponse.error();
        }
        return requests === 2 ? new HttpResponse(null, { status: 503 }) : partOfFile(request);
      }),
    );

    expect(await untilSettled(bytesOf(sourceWith()))).toEqual([10, 11, 12]);
    expect(requests).toBe(3);
  });

  it("gives up in the end, and says what to do", async () => {
    server.use(http.get(LINK, () => HttpResponse.error()));

    await expect(untilSettled(bytesOf(sourceWith()))).rejects.toThrow(strings.playback.connectionLost);
  });

  it("does not ask again for what is not there", async () => {
    let requests = 0;
    server.use(
      http.get(LINK, () => {
        requests++;
        return new HttpResponse(null, { status: 404 });
      }),
    );

    await expect(bytesOf(sourceWith())).rejects.toThrow(strings.playback.gone);
    expect(requests).toBe(1);
  });

  it("stops waiting when it is no longer needed", async () => {
    server.use(http.get(LINK, () => HttpResponse.error()));
    const needed = new AbortController();
    const fetching = bytesOf(sourceWith(), needed.signal);
    needed.abort();

    await expect(untilSettled(fetching)).rejects.toMatchObject({ name: "AbortError" });
  });
});
