import { describe, expect, it } from "vitest";
import { type StretchProcessor, windowOf } from "@/player/engine/stretch-window";

const RATE = 1000;

function processor(change: Partial<StretchProcessor> = {}): StretchProcessor {
  const counting = (from: number, length: number) => [
    Float32Array.from({ length }, (_, sample) => from + sample + 1),
  ];
  return {
    audioBuffers: [counting(0, 100), counting(100, 7), counting(107, 100)],
    audioBuffersStart: 0,
    bufferLength: 20,
    channels: 1,
    inputLatencySeconds: 0.01,
    outputLatencySeconds: 0.01,
    timeMap: [{ active: true, output: 0, input: 0, rate: 1 }],
    process: () => true,
    ...change,
  };
}

function samplesAt(time: number, change: Partial<StretchProcessor> = {}): number[] {
  return [...(windowOf(processor(change), time, RATE)?.channels[0] ?? [])];
}

describe("windowOf", () => {
  it("reads across the ends of buffers", () => {
    // Heard at 0.1 s, with both latencies: samples 100 to 120.
    expect(samplesAt(0.1)).toEqual(Array.from({ length: 20 }, (_, sample) => 101 + sample));
    expect(samplesAt(0.095)).toEqual(Array.from({ length: 20 }, (_, sample) => 96 + sample));
  });

  it("is silent before the first sample and behind the last", () => {
    expect(samplesAt(-0.01)).toEqual([
      ...Array(10).fill(0),
      ...Array.from({ length: 10 }, (_, at) => at + 1),
    ]);
    expect(samplesAt(1)).toEqual(Array(20).fill(0));
  });

  it("follows the speed and what was dropped", () => {
    const timeMap = [{ active: true, output: 0, input: 0, rate: 0.5 }];
    expect(samplesAt(0.2, { timeMap })[0]).toBe(96);

    const counting = [Float32Array.from({ length: 100 }, (_, sample) => sample + 1)];
    expect(samplesAt(0.1, { audioBuffers: [counting], audioBuffersStart: 90 })[0]).toBe(11);
  });

  it("is nothing while the stretcher pauses", () => {
    const timeMap = [{ active: false, output: 0, input: 0, rate: 1 }];

    expect(windowOf(processor({ timeMap }), 0.1, RATE)).toBeUndefined();
  });
});
