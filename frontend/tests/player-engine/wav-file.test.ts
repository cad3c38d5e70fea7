import { describe, expect, it } from "vitest";
import { fitsWav, wavBytes, wavFile } from "@/player/engine/wav-file";

const LEFT = Float32Array.of(0, 0.5, -1, 1);
const RIGHT = Float32Array.of(0.25, -0.5, 0, 2);

async function view(blob: Blob): Promise<DataView> {
  return new DataView(await blob.arrayBuffer());
}

function text(data: DataView, position: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((offset) => data.getUint8(position + offset)));
}

describe("wavFile", () => {
  it("says in its header what it holds", async () => {
    const data = await view(wavFile([LEFT, RIGHT], 44_100, "24-bit"));

    expect(data.byteLength).toBe(wavBytes(4, "24-bit"));
    expect([text(data, 0), text(data, 8), text(data, 12), text(data, 36)]).toEqual([
      "RIFF",
      "WAVE",
      "fmt ",
      "data",
    ]);
    expect(data.getUint32(4, true)).toBe(data.byteLength - 8);
    expect(data.getUint16(20, true)).toBe(1);
    expect(data.getUint32(24, true)).toBe(44_100);
    expect(data.getUint32(28, true)).toBe(44_100 * 6);
    expect(data.getUint16(34, true)).toBe(24);
    expect(data.getUint32(40, true)).toBe(4 * 6);
  });

  it("writes whole numbers that end at full scale", async () => {
    const short = await view(wavFile([LEFT, RIGHT], 44_100, "16-bit"));
    const shorts = Array.from({ length: 8 }, (_, position) => short.getInt16(44 + 2 * position, true));
    expect(shorts).toEqual([0, 8192, 16384, -16384, -32768, 0, 32767, 32767]);

    const long = await view(wavFile([LEFT, RIGHT], 44_100, "24-bit"));
    expect(long.getUint16(44 + 3, true) + (long.getInt8(44 + 5) << 16)).toBe(2 ** 21);
    expect(long.getUint16(44 + 12, true) + (long.getInt8(44 + 14) << 16)).toBe(-(2 ** 23));
  });

  it("writes floats as they are, times the gain", async () => {
    const data = await view(wavFile([LEFT, RIGHT], 48_000, "float", 0.5));

    expect(data.getUint16(20, true)).toBe(3);
    expect(data.getFloat32(44 + 28, true)).toBe(1);
  });

  it("refuses what the format cannot say", () => {
    expect(fitsWav(2 ** 29 - 100, "float")).toBe(true);
    expect(fitsWav(2 ** 29, "float")).toBe(false);
  });
});
