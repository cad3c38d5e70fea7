import { describe, expect, it } from "vitest";
import { configuration, setConfiguration } from "@/config";
import { refusalOf } from "@/uploads/local-checks";
import { mediaTypeOf } from "@/uploads/media-types";

const unknown = async () => undefined;

function fileOf(name: string, type = "", bytes = 4): File {
  return new File([new Uint8Array(bytes)], name, { type });
}

describe("local checks", () => {
  it.each([
    "song.mp3",
    "song.WAV",
    "song.flac",
    "song.ogg",
    "song.opus",
    "song.m4a",
    "song.aac",
    "song.aiff",
    "song.aif",
    "song.wma",
    "song.webm",
    "film.mp4",
    "film.mov",
    "film.mkv",
  ])("let %s pass", async (name) => {
    expect(await refusalOf(fileOf(name), unknown)).toBeUndefined();
  });

  it("let a file without a telling name pass by its type", async () => {
    expect(await refusalOf(fileOf("recording", "audio/x-wav"), unknown)).toBeUndefined();
  });

  it.each([
    ["notes.txt", "text/plain"],
    ["archive.zip", "application/zip"],
    ["folder", ""],
  ])("refuse %s and name formats that work", async (name, type) => {
    expect(await refusalOf(fileOf(name, type), unknown)).toMatch(/MP3, WAV, FLAC/);
  });

  it("refuse an empty file", async () => {
    expect(await refusalOf(fileOf("song.mp3", "audio/mpeg", 0), unknown)).toMatch(/empty/);
  });

  it("refuse a file that is too large, with both sizes", async () => {
    setConfiguration({ ...configuration(), maxUploadBytes: 2_000_000 });
    const refusal = await refusalOf(fileOf("song.wav", "audio/wav", 2_500_000), unknown);
    expect(refusal).toMatch(/2\.5 MB.*2 MB/);
  });

  it("refuse a song that is too long, with both lengths", async () => {
    expect(await refusalOf(fileOf("song.mp3"), async () => 7265)).toMatch(/2 h 1 min long; at most 2 h are/);
    expect(await refusalOf(fileOf("song.mp3"), async () => 7200)).toBeUndefined();
  });
});

describe("the announced media type", () => {
  it("follows the name, which browsers differ less about", () => {
    expect(mediaTypeOf(fileOf("song.flac", "application/x-flac"))).toBe("audio/flac");
    expect(mediaTypeOf(fileOf("recording", "audio/ogg; codecs=opus"))).toBe("audio/ogg");
    expect(mediaTypeOf(fileOf("page.html", "text/html"))).toBeUndefined();
  });
});
