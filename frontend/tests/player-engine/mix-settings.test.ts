import { describe, expect, it } from "vitest";
import { clamp, isStretched, laneGain, neutralSettings } from "@/player/engine/mix-settings";
import { panGains } from "@/player/engine/pan-law";

describe("neutralSettings", () => {
  it("mutes what another lane holds already", () => {
    const { lanes } = neutralSettings([
      "vocals",
      "drums",
      "kick",
      "snare",
      "bass",
      "instrumental",
      "mixture",
    ]);

    const muted = Object.entries(lanes).flatMap(([lane, mix]) => (mix.muted ? [lane] : []));
    expect(muted).toEqual(["kick", "snare", "instrumental"]);
  });

  it("lets the parts of the drums and the instrumental sound where nothing else holds them", () => {
    const { lanes } = neutralSettings(["vocals", "instrumental", "kick"]);

    expect(Object.values(lanes).some((mix) => mix.muted)).toBe(false);
  });
});

describe("laneGain", () => {
  const settings = neutralSettings(["vocals", "drums", "mixture"]);
  const withLane = (change: object) => ({
    ...settings,
    lanes: { ...settings.lanes, vocals: { volume: 0.8, pan: 0, muted: false, soloed: false, ...change } },
  });

  it("is the volume of the lane", () => {
    expect(laneGain(withLane({}), "vocals")).toBe(0.8);
  });

  it("is nothing for a muted lane, soloed or not", () => {
    expect(laneGain(withLane({ muted: true }), "vocals")).toBe(0);
    expect(laneGain(withLane({ muted: true, soloed: true }), "vocals")).toBe(0);
  });

  it("is nothing for those beside a soloed lane", () => {
    expect(laneGain(withLane({ soloed: true }), "vocals")).toBe(0.8);
    expect(laneGain(withLane({ soloed: true }), "drums")).toBe(0);
  });

  it("lets the mixture sound in a comparison, and then alone", () => {
    expect(laneGain(settings, "mixture")).toBe(0);
    expect(laneGain(settings, "mixture", true)).toBe(1);
    expect(laneGain(settings, "vocals", true)).toBe(0);
  });
});

describe("isStretched", () => {
  it("is so only when speed or key differ from the song's", () => {
    expect(isStretched({ speed: 1, semitones: 0 })).toBe(false);
    expect(isStretched({ speed: 0.95, semitones: 0 })).toBe(true);
    expect(isStretched({ speed: 1, semitones: -1 })).toBe(true);
  });
});

describe("clamp", () => {
  it("keeps values within limits and replaces what is no number", () => {
    expect(clamp(2, 0, 1.5, 1)).toBe(1.5);
    expect(clamp(-2, 0, 1.5, 1)).toBe(0);
    expect(clamp(Number.NaN, 0, 1.5, 1)).toBe(1);
  });
});

describe("panGains", () => {
  it("leaves the middle as it is", () => {
    const gains = panGains(0);

    expect(gains.leftToLeft).toBe(1);
    expect(gains.rightToRight).toBeCloseTo(1, 12);
    expect(gains.rightToLeft).toBeCloseTo(0, 12);
    expect(gains.leftToRight).toBe(0);
  });

  it("puts everything on one side at the ends", () => {
    expect(panGains(-1)).toEqual({ leftToLeft: 1, rightToLeft: 1, leftToRight: 0, rightToRight: 0 });
    const right = panGains(1);
    expect(right.leftToRight).toBe(1);
    expect(right.rightToRight).toBe(1);
    expect(right.leftToLeft).toBeCloseTo(0, 12);
  });

  it("keeps the power of the channel that moves", () => {
    for (const pan of [-0.9, -0.3, 0.2, 0.7]) {
      const { leftToLeft, leftToRight, rightToLeft, rightToRight } = panGains(pan);
      const moved = pan < 0 ? rightToLeft ** 2 + rightToRight ** 2 : leftToLeft ** 2 + leftToRight ** 2;

      expect(moved).toBeCloseTo(1, 12);
    }
  });
});
