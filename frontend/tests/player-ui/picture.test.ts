import { describe, expect, it } from "vitest";
import { clock, panWords, spokenTime } from "@/player/ui/format";
import { endingAt, regionBetween, regionFrom, snapped, startingAt } from "@/player/ui/loop-region";
import { meterFraction } from "@/player/ui/Meter";
import { beatPlaces, highestPeak, outlineColumns, songOutline, tickSeconds } from "@/player/ui/outline";
import { following, fractionAt, moved, secondsAt, wholeSong, zoomed } from "@/player/ui/viewport";
import { makeIndex } from "./fake-player";

describe("viewport", () => {
  const song = 100;

  it("keeps the moment under the pointer in place while it zooms", () => {
    const before = { start: 20, end: 60 };
    const after = zoomed(before, 0.5, 30, song, 2);
    expect(after.end - after.start).toBe(20);
    expect(fractionAt(after, 30)).toBeCloseTo(fractionAt(before, 30));
  });

  it("never leaves the song, is never shorter than allowed, and ends as the whole song", () => {
    for (let around = 0; around <= song; around += 7) {
      let view = wholeSong(song);
      for (let step = 0; step < 12; step += 1) {
        view = zoomed(view, 0.5, around, song, 2);
        expect(view.start).toBeGreaterThanOrEqual(0);
        expect(view.end).toBeLessThanOrEqual(song + 1e-9);
        expect(view.end - view.start).toBeGreaterThanOrEqual(2 - 1e-9);
      }
      for (let step = 0; step < 12; step += 1) view = zoomed(view, 2, around, song, 2);
      expect(view).toEqual(wholeSong(song));
    }
  });

  it("turns the page when the position runs out of it, and stays when it was moved away by hand", () => {
    const view = { start: 0, end: 10 };
    expect(following(view, 9.9, 10.1, song)).toEqual({ start: 9.1, end: 19.1 });
    expect(following(view, 5, 6, song)).toBe(view);
    const away = { start: 50, end: 60 };
    expect(following(away, 9.9, 10, song)).toBe(away);
    expect(following(away, 10, 90, song)).toEqual({ start: 89, end: 99 });
  });

  it("moves and converts", () => {
    expect(moved({ start: 0, end: 10 }, -5, song)).toEqual({ start: 0, end: 10 });
    expect(moved({ start: 0, end: 10 }, 500, song)).toEqual({ start: 90, end: 100 });
    expect(secondsAt({ start: 10, end: 20 }, 0.25)).toBe(12.5);
  });
});

describe("outline", () => {
  it("takes the largest of the points under a column", () => {
    const columns = outlineColumns({ peaks: [0, 255, 51, 0], rms: [0, 0, 102, 51] }, 1, wholeSong(4), 2);
    expect(columns).toEqual([
      { peak: 1, rms: 0 },
      { peak: 0.2, rms: 0.4 },
    ]);
  });

  it("goes smoothly from point to point when it is zoomed in", () => {
    const columns = outlineColumns({ peaks: [0, 255], rms: [0, 255] }, 1, { start: 0, end: 1 }, 5);
    const peaks = columns.map(({ peak }) => peak);
    expect(peaks).toEqual([...peaks].sort((one, other) => one - other));
    expect(peaks[2]).toBeCloseTo(0.4);
  });

  it("is of the song itself, else of the loudest lane at each point", () => {
    const index = makeIndex(["vocals", "bass"]);
    const { vocals, bass } = index.lanes;
    if (!vocals || !bass) throw new Error("The index lacks its lanes.");
    const lanes = { vocals: { ...vocals, peaks: [10, 200] }, bass: { ...bass, peaks: [90, 20] } };
    expect(songOutline(lanes).peaks).toEqual([90, 200]);
    expect(songOutline({ ...lanes, mixture: vocals })).toBe(vocals);
  });

  it("is drawn at a scale that the highest peak fills", () => {
    expect(highestPeak([{ peaks: [0, 51] }, { peaks: [102, 3] }])).toBe(0.4);
    expect(highestPeak([{ peaks: [0] }])).toBe(1);
  });

  it("thins out beats that would crowd, and shows those in view only", () => {
    const { beats } = makeIndex();
    expect(beatPlaces(beats, { start: 10, end: 12 }, 100)).toEqual([0, 25, 50, 75, 100]);
    const far = beatPlaces(beats, wholeSong(60), 300);
    expect(far.length).toBe(30);
    expect(beatPlaces([], wholeSong(60), 300)).toEqual([]);
  });

  it("labels the ruler at round moments", () => {
    expect(tickSeconds(wholeSong(60), 600)).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(tickSeconds({ start: 61, end: 63 }, 1000)).toEqual([61, 61.5, 62, 62.5, 63]);
  });
});

describe("loop region", () => {
  it("is between two moments in any order, unless it is too short to be meant", () => {
    expect(regionBetween(9, 4, 60)).toEqual({ start: 4, end: 9 });
    expect(regionBetween(4, 4.1, 60)).toBeUndefined();
    expect(regionBetween(-3, 90, 60)).toEqual({ start: 0, end: 60 });
  });

  it("keeps its other end where that makes sense", () => {
    expect(startingAt(5, { start: 1, end: 9 }, 60)).toEqual({ start: 5, end: 9 });
    expect(startingAt(20, { start: 1, end: 9 }, 60)).toEqual({ start: 20, end: 60 });
    expect(endingAt(5, { start: 1, end: 9 }, 60)).toEqual({ start: 1, end: 5 });
    expect(endingAt(0.5, { start: 1, end: 9 }, 60)).toEqual({ start: 0, end: 0.5 });
  });

  it("is eight seconds where no beats were found, also at the end of the song", () => {
    expect(regionFrom(10, [], 60)).toEqual({ start: 10, end: 18 });
    expect(regionFrom(58, [], 60)).toEqual({ start: 52, end: 60 });
  });

  it("snaps to the nearest beat within reach", () => {
    expect(snapped(1.02, [0.5, 1, 1.5], 0.05)).toBe(1);
    expect(snapped(1.2, [0.5, 1, 1.5], 0.05)).toBe(1.2);
  });
});

describe("words and figures", () => {
  it("shows moments", () => {
    expect(clock(187.4)).toBe("3:07");
    expect(clock(59.99, 1)).toBe("0:59.9");
    expect(clock(60.3, 1)).toBe("1:00.3");
    expect(spokenTime(61)).toBe("1 minute 1 second");
  });

  it("tells pan in words", () => {
    expect([panWords(0), panWords(-1), panWords(0.35)]).toEqual(["centre", "100 % left", "35 % right"]);
  });

  it("shows levels in decibels", () => {
    expect(meterFraction(0)).toBe(0);
    expect(meterFraction(1)).toBe(1);
    expect(meterFraction(0.5)).toBeCloseTo(1 - 6.02 / 54, 3);
    expect(meterFraction(2)).toBe(1);
  });
});
