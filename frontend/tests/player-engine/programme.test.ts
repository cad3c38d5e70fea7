import { describe, expect, it } from "vitest";
import type { SongRange } from "@/player/engine/preview-range";
import { Programme } from "@/player/engine/programme";
import { previewIndex } from "./index-of-previews";

const RATE = 44_100;
const SAMPLES = 60 * RATE;

function programme(begin = 0, loop?: SongRange, scale = 1) {
  return new Programme(previewIndex(SAMPLES), begin, loop, scale);
}

function fill(target: Programme, upTo: number): SongRange[] {
  const ranges: SongRange[] = [];
  for (let next = target.next(); next && target.end < upTo; next = target.next()) {
    target.append(next);
    ranges.push(next);
  }
  return ranges;
}

describe("Programme", () => {
  it("begins with a short window and goes on with longer ones, without a gap, to the end", () => {
    const ranges = fill(programme(12_345), Number.POSITIVE_INFINITY);

    expect(ranges[0]?.from).toBe(12_345);
    expect(ranges.at(-1)?.to).toBe(SAMPLES);
    for (const [position, range] of ranges.slice(1).entries()) {
      expect(range.from).toBe(ranges[position]?.to);
    }
    const seconds = ranges.slice(0, 5).map(({ from, to }) => (to - from) / RATE);
    expect(seconds[0]).toBeLessThan(1.3);
    expect(seconds[1]).toBeCloseTo(1.67, 1);
    expect(seconds[2]).toBeCloseTo(4.18, 1);
    expect(Math.max(...seconds)).toBeLessThan(5.5);
  });

  it("shortens windows when there are many lanes", () => {
    const ranges = fill(programme(0, undefined, 0.5), 20 * RATE);

    expect(Math.max(...ranges.map(({ from, to }) => to - from))).toBeLessThan(3 * RATE);
  });

  it("jumps at the end of a loop, to the sample", () => {
    const loop = { from: 441_001, to: 500_003 };
    const target = programme(450_000, loop);
    const ranges = fill(target, 10 * RATE);

    const jump = ranges.findIndex(({ to }) => to === loop.to);
    expect(jump).toBeGreaterThanOrEqual(0);
    expect(ranges[jump + 1]?.from).toBe(loop.from);
    expect(Math.max(...ranges.map(({ to }) => to))).toBe(loop.to);
    for (let sample = 0; sample < target.end; sample += 777) {
      const expected = loop.from + ((450_000 - loop.from + sample) % (loop.to - loop.from));
      expect(target.songAt(sample)).toBe(expected);
    }
  });

  it("plays on to the end when it begins behind the loop", () => {
    const ranges = fill(programme(50 * RATE, { from: 0, to: RATE }), Number.POSITIVE_INFINITY);

    expect(ranges.at(-1)?.to).toBe(SAMPLES);
  });

  it("keeps of what is laid out what a new loop leaves as it is", () => {
    const target = programme();
    fill(target, 9 * RATE);
    const loop = { from: 2 * RATE, to: 4 * RATE };

    target.setLoop(loop, RATE);

    expect(target.end).toBe(4 * RATE);
    expect(target.next()?.from).toBe(loop.from);
  });

  it("drops further passes when the loop is removed", () => {
    const loop = { from: RATE, to: 3 * RATE };
    const target = programme(RATE, loop);
    fill(target, 9 * RATE);

    target.setLoop(undefined, RATE / 2);

    expect(target.end).toBe(2 * RATE);
    expect(target.next()?.from).toBe(3 * RATE);
  });

  it("tells where beats are heard, in every pass of a loop", () => {
    const target = programme(RATE, { from: RATE, to: 2 * RATE });
    fill(target, 3 * RATE);

    const beats = target.occurrences([RATE / 2, RATE * 1.5, RATE * 2.5], 0, 3 * RATE);

    expect(beats).toEqual([0.5 * RATE, 1.5 * RATE, 2.5 * RATE]);
  });

  it("holds nothing that is over", () => {
    const target = programme();
    fill(target, 20 * RATE);
    const before = target.heldSamples();

    target.forgetBefore(10 * RATE);

    expect(target.heldSamples()).toBeLessThan(before);
    expect(target.songAt(10 * RATE)).toBe(10 * RATE);
  });
});
