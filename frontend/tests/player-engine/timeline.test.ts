import { describe, expect, it } from "vitest";
import { Timeline } from "@/player/engine/timeline";

describe("Timeline", () => {
  it("puts samples on whole frames at normal speed", () => {
    const timeline = new Timeline(44_100);
    timeline.anchor({ frame: 4711, sample: 0, speed: 1 });

    expect(timeline.timeOf(100) * 44_100).toBeCloseTo(4811, 6);
    expect(timeline.sampleAt(4811 / 44_100)).toBeCloseTo(100, 6);
  });

  it("stands at the first sample before the start", () => {
    const timeline = new Timeline(44_100);
    expect(timeline.started).toBe(false);
    timeline.anchor({ frame: 44_100, sample: 500, speed: 1 });

    expect(timeline.sampleAt(0.5)).toBe(500);
  });

  it("knows what came before a change of speed and what comes after", () => {
    const timeline = new Timeline(44_100);
    timeline.anchor({ frame: 0, sample: 0, speed: 1 });
    timeline.anchor({ frame: 44_100, sample: 44_100, speed: 0.5 });

    expect(timeline.sampleAt(0.5)).toBeCloseTo(22_050);
    expect(timeline.sampleAt(2)).toBeCloseTo(66_150);
    expect(timeline.timeOf(66_150)).toBeCloseTo(2);
  });

  it("forgets changes that a later one overtakes", () => {
    const timeline = new Timeline(44_100);
    timeline.anchor({ frame: 0, sample: 0, speed: 1 });
    timeline.anchor({ frame: 44_100, sample: 44_100, speed: 0.5 });
    timeline.anchor({ frame: 22_050, sample: 22_050, speed: 1.5 });

    expect(timeline.sampleAt(1.5)).toBeCloseTo(22_050 + 66_150);
  });
});
