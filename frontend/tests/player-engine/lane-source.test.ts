import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Decoder, LaneSource } from "@/player/engine/lane-source";
import type { PlayerSource } from "@/player/engine/types";
import { strings } from "@/strings";
import { frameOffset, previewIndex } from "./index-of-previews";

const LINK = "http://storage.test/vocals.mp3";
const server = setupServer(
  http.get(LINK, ({ request }) => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.get("Range") ?? "") ?? [];
    // What the made-up decoder has to know: which bytes it was given.
    return HttpResponse.json({ first: Number(first), end: Number(last) + 1 }, { status: 206 });
  }),
);

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const signal = new AbortController().signal;

function sourceOf(samples: number, lanes = ["vocals"]): PlayerSource {
  return { index: previewIndex(samples, lanes), url: () => LINK, refresh: async () => {} };
}

function buffer(length: number, valueAt: (sample: number) => number): AudioBuffer {
  const channel = Float32Array.from({ length }, (_, sample) => valueAt(sample));
  return { length, numberOfChannels: 2, getChannelData: () => channel } as unknown as AudioBuffer;
}

/** A decoder whose samples are their own number in the song; it may refuse pieces or leave out its first samples. */
function decoderOf({ takesPieces = true, leavesOut = 0 } = {}): Decoder {
  const frameAt = (byte: number) => {
    let frame = 0;
    while (frameOffset(frame) < byte) {
      frame++;
    }
    return frame;
  };
  return {
    createBuffer: (_channels: number, length: number) => buffer(length, () => 0),
    decodeAudioData: async (bytes: ArrayBuffer) => {
      const { first, end } = JSON.parse(new TextDecoder().decode(bytes)) as { first: number; end: number };
      const frame = frameAt(first);
      if (!takesPieces && frame > 0) {
        throw new DOMException("Not audio", "EncodingError");
      }
      const length = (frameAt(end) - frame) * 1152 - leavesOut;
      return buffer(length, (sample) => frame * 1152 - 1105 + sample + leavesOut);
    },
  };
}

async function firstAndLast(source: LaneSource, from: number, to: number): Promise<number[]> {
  const loaded = (await source.load("vocals", { from, to }, signal)).getChannelData(1);
  return [loaded.length, loaded.at(0) ?? -1, loaded.at(-1) ?? -1];
}

describe("LaneSource", () => {
  it("gives exactly the samples that were asked for", async () => {
    const source = new LaneSource(sourceOf(441_000), decoderOf());

    expect(await firstAndLast(source, 0, 1000)).toEqual([1000, 0, 999]);
    expect(await firstAndLast(source, 123_457, 234_567)).toEqual([111_110, 123_457, 234_566]);
    expect(source.decodedBytes()).toBe(0);
  });

  it("keeps its place when the decoder leaves out its own delay", async () => {
    const source = new LaneSource(sourceOf(441_000), decoderOf({ leavesOut: 1105 }));

    expect(await firstAndLast(source, 123_457, 130_000)).toEqual([6543, 123_457, 129_999]);
  });

  it("decodes whole files once where the decoder takes no pieces", async () => {
    const source = new LaneSource(sourceOf(441_000), decoderOf({ takesPieces: false }));

    expect(await firstAndLast(source, 123_457, 130_000)).toEqual([6543, 123_457, 129_999]);
    expect(await firstAndLast(source, 200_000, 200_100)).toEqual([100, 200_000, 200_099]);
    expect(source.decodedBytes()).toBe(441_000 * 8);
  });

  it("says that a song is not playable when whole files would fill the memory", async () => {
    const lanes = ["vocals", "drums", "bass", "other"];
    const source = new LaneSource(sourceOf(44_100 * 600, lanes), decoderOf({ takesPieces: false }));

    await expect(source.load("vocals", { from: 4_410_000, to: 4_420_000 }, signal)).rejects.toThrow(
      strings.playback.notPlayable,
    );
  });

  it("gives nothing to what has been stopped", async () => {
    const stopped = new AbortController();
    stopped.abort();
    const source = new LaneSource(sourceOf(441_000), decoderOf());

    await expect(source.load("vocals", { from: 0, to: 1000 }, stopped.signal)).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
