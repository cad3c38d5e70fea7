import { describe, expect, it } from "vitest";
import { fittingEnd, previewRange, wholePreview } from "@/player/engine/preview-range";
import { frameOffset, previewIndex } from "./index-of-previews";

const DELAY = 1105;

function entryOf(index: ReturnType<typeof previewIndex>) {
  const entry = index.lanes.vocals;
  if (!entry) {
    throw new Error("The index has no lane");
  }
  return entry;
}

/** Frame that begins at a byte of the file. */
function frameAt(byte: number, frames: number): number {
  for (let frame = 0; frame <= frames; frame++) {
    if (frameOffset(frame) === byte) {
      return frame;
    }
  }
  throw new Error(`No frame begins at byte ${byte}`);
}

describe("previewRange", () => {
  const lengths = [1, 576, 1152, 40_000, 44_100 * 7 + 13, 32 * 1152 * 4 - 1105, 32 * 1152 * 4 - 1104];

  it.each(lengths)("finds every stretch of a lane of %i samples", (samples) => {
    const index = previewIndex(samples);
    const entry = entryOf(index);
    const step = Math.max(1, Math.floor(samples / 61));
    for (let from = 0; from < samples; from += step) {
      for (const length of [1, 1151, 1152, 1153, 36_863, 36_864, 36_865, 5 * 44_100]) {
        const to = Math.min(samples, from + length);
        const range = previewRange(index, entry, { from, to });
        const first = frameAt(range.firstByte, entry.frames);
        const end = frameAt(range.endByte, entry.frames);

        expect(range.decodedSamples).toBe((end - first) * 1152);
        expect(first * 1152 - DELAY + range.skip).toBe(from);
        expect(range.skip).toBeGreaterThanOrEqual(first === 0 ? DELAY : 10 * 1152);
        expect(range.skip + (to - from)).toBeLessThanOrEqual(range.decodedSamples);
      }
    }
  });

  it("begins at the first frame for the first sample, without the Info frame", () => {
    const index = previewIndex(441_000);

    const range = previewRange(index, entryOf(index), { from: 0, to: 22_050 });

    expect(range).toMatchObject({ firstByte: frameOffset(0), endByte: frameOffset(32), skip: DELAY });
  });

  it("fetches no more than one step of the index on either side", () => {
    const index = previewIndex(10 * 441_000);
    const range = previewRange(index, entryOf(index), { from: 2_000_000, to: 2_220_500 });

    expect(range.decodedSamples).toBeLessThan(220_500 + 2 * 32 * 1152 + 11 * 1152);
  });
});

describe("wholePreview", () => {
  it("is all frames of the file", () => {
    const index = previewIndex(441_000);
    const entry = entryOf(index);

    expect(wholePreview(index, entry)).toEqual({
      firstByte: frameOffset(0),
      endByte: entry.size_bytes,
      decodedSamples: entry.frames * 1152,
      skip: DELAY,
    });
  });
});

describe("fittingEnd", () => {
  it("ends where the bytes of the index end, near the length that was asked for", () => {
    const index = previewIndex(10 * 441_000);
    for (let from = 0; from < 441_000; from += 1234) {
      for (const length of [22_050, 66_150, 198_450, 220_500]) {
        const end = fittingEnd(index, from, length);

        expect((end + DELAY) % (32 * 1152)).toBe(0);
        expect(end - from).toBeGreaterThanOrEqual(0.8 * length);
        expect(end - from).toBeLessThanOrEqual(length + 32 * 1152);
      }
    }
  });
});
