import { describe, expect, it } from "vitest";
import { cliCommand, curlCommands, shellWord } from "@/results/command-lines";
import { makeFinishedJob } from "./fixtures";

const API = "https://api.test";

/** Splits a line as a POSIX shell does, for the quoting that is used here. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  const word = /(?:'[^']*'|\\.|[^\s'\\])+/gy;
  for (let rest = line; rest !== ""; rest = rest.trimStart()) {
    word.lastIndex = 0;
    const [found] = word.exec(rest) ?? [];
    if (found === undefined) throw new Error(`Not a word: ${rest}`);
    words.push(found.replace(/'([^']*)'|\\(.)/g, (_, quoted, escaped) => quoted ?? escaped));
    rest = rest.slice(found.length);
  }
  return words;
}

describe("shellWord", () => {
  it.each(["song.mp3", "a b", "it's", '$HOME `id` "x" \\ !', "", "'", "ü – 曲", "a\nb", "*"])(
    "is read back as %j",
    (text) => {
      const quoted = shellWord(text);
      expect(quoted === "''" ? [""] : wordsOf(quoted)).toEqual([text]);
    },
  );

  it("leaves plain words alone", () => {
    expect(shellWord("vocals,drums")).toBe("vocals,drums");
  });
});

describe("the command line", () => {
  it("names what the job was made with", () => {
    const job = makeFinishedJob({
      filename: "it's a song.mp3",
      output: { format: "flac", bit_depth: 24, original_sample_rate: true },
      extras: { drum_parts: true, analysis: false, previews: false, archive: true },
    });
    expect(wordsOf(cliCommand(job, API))).toEqual(
      [
        ["stems", "--api-url", API, "separate", "it's a song.mp3"],
        ["--model", "foundry_4s", "--stems", "vocals,drums", "--format", "flac", "--bit-depth", "24"],
        ["--original-sample-rate", "--drum-parts", "--no-analysis", "--no-previews", "--archive"],
      ].flat(),
    );
  });

  it("leaves out what is the default", () => {
    const job = makeFinishedJob({
      output: { format: "mp3", bit_depth: null, bitrate_kbps: 192, original_sample_rate: false },
      extras: { drum_parts: false, analysis: true, previews: true, archive: false },
    });
    expect(cliCommand(job, API)).toBe(
      `stems --api-url ${API} separate song.mp3 --model foundry_4s --stems vocals,drums --format mp3 --bitrate 192`,
    );
  });

  it("does not take a file for an option", () => {
    expect(wordsOf(cliCommand(makeFinishedJob({ filename: "--help" }), API))[4]).toBe("./--help");
  });
});

describe("the curl commands", () => {
  it("send the options of the job, quoted, and the file by its name", () => {
    const job = makeFinishedJob({
      filename: "it's.mp3",
      output: { format: "wav", original_sample_rate: false },
    });
    const script = curlCommands(job, API);
    expect(script).toContain(`FILE='it'\\''s.mp3'`);
    const body = /printf %s '(\{.*\})' \| jq --arg upload/.exec(script)?.[1];
    expect(JSON.parse(body ?? "")).toEqual({
      model: "foundry_4s",
      stems: ["vocals", "drums"],
      output: { format: "wav" },
      drum_parts: false,
      analysis: true,
      previews: false,
      archive: false,
    });
  });
});
