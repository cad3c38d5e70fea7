import { describe, expect, it, vi } from "vitest";
import { createPlayer } from "@/player/engine";
import { previewIndex } from "./index-of-previews";

function player(lanes = ["vocals", "drums", "mixture"]) {
  return createPlayer({ index: previewIndex(44_100 * 60, lanes), url: () => "", refresh: async () => {} });
}

describe("createPlayer", () => {
  it("is idle at the start of the song, with every lane at its own level", () => {
    const made = player();

    expect(made.getState()).toMatchObject({
      status: "idle",
      duration: 60,
      speed: 1,
      semitones: 0,
      masterVolume: 1,
    });
    expect(made.position()).toBe(0);
    expect(made.level("master")).toEqual({ peak: 0, rms: 0 });
  });

  it("gives a new snapshot for every change, and the same one between changes", () => {
    const made = player();
    const listener = vi.fn();
    const before = made.getState();
    const unsubscribe = made.subscribe(listener);

    made.setLane("vocals", { muted: true });

    expect(before.lanes.vocals?.muted).toBe(false);
    expect(made.getState().lanes.vocals?.muted).toBe(true);
    expect(made.getState()).toBe(made.getState());
    expect(listener).toHaveBeenCalledTimes(1);

    unsubscribe();
    made.setMasterVolume(0.5);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("keeps settings within their limits", () => {
    const made = player();

    made.setLane("drums", { volume: 9, pan: -4 });
    made.setMasterVolume(Number.NaN);
    made.setSpeed(3);
    made.setSemitones(-40);

    expect(made.getState().lanes.drums).toMatchObject({ volume: 1.5, pan: -1 });
    expect(made.getState()).toMatchObject({ masterVolume: 1, speed: 1.5, semitones: -6 });
  });

  it("seeks within the song before anything plays", () => {
    const made = player();

    made.seek(12.5);
    expect(made.position()).toBe(12.5);
    made.seek(100);
    expect(made.position()).toBe(60);
  });

  it("puts the ends of a loop in order and keeps it long enough and within the song", () => {
    const made = player();

    made.setLoop({ start: 20, end: 10 });
    expect(made.getState().loop).toEqual({ start: 10, end: 20 });
    made.setLoop({ start: 30, end: 30 });
    expect(made.getState().loop).toEqual({ start: 30, end: 30.25 });
    made.setLoop({ start: 59.9, end: 99 });
    expect(made.getState().loop).toEqual({ start: 59.75, end: 60 });
  });

  it("goes to the start of a loop that lies behind", () => {
    const made = player();
    made.seek(40);

    made.setLoop({ start: 10, end: 20 });

    expect(made.position()).toBe(10);
  });

  it("compares only where there is a mixture, and tells that it does", () => {
    const listener = vi.fn();
    const made = player();
    made.subscribe(listener);
    made.setComparison(true);
    expect(made.isComparing()).toBe(true);
    expect(listener).toHaveBeenCalledTimes(1);

    const without = player(["vocals"]);
    without.setComparison(true);
    expect(without.isComparing()).toBe(false);
  });
});
