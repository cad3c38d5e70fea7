/** How the samples of a WAV file are written. */
export type WavEncoding = "16-bit" | "24-bit" | "float";

const BYTES: Record<WavEncoding, number> = { "16-bit": 2, "24-bit": 3, float: 4 };
const FORMAT_INTEGER = 1;
const FORMAT_FLOAT = 3;
const HEADER_BYTES = 44;

/** What the size fields of a WAV file can hold. */
const LARGEST_FILE_BYTES = 2 ** 32 - 1;

/** Samples per piece of the file: enough to be fast, few enough not to need a second copy of the song. */
const PIECE_SAMPLES = 1 << 18;

/** Size in bytes of a stereo file of so many samples per channel. */
export function wavBytes(samples: number, encoding: WavEncoding): number {
  return HEADER_BYTES + samples * 2 * BYTES[encoding];
}

/** Whether a file of so many samples per channel can be written. */
export function fitsWav(samples: number, encoding: WavEncoding): boolean {
  return wavBytes(samples, encoding) <= LARGEST_FILE_BYTES;
}

/**
 * A stereo WAV file.
 *
 * @param gain what every sample is multiplied by; whole numbers end at full scale.
 * @throws RangeError when the file would be larger than the format can say.
 */
export function wavFile(
  [left, right]: readonly [Float32Array, Float32Array],
  sampleRate: number,
  encoding: WavEncoding,
  gain = 1,
): Blob {
  if (!fitsWav(left.length, encoding)) {
    throw new RangeError(`A WAV file cannot hold ${left.length} samples of ${encoding}`);
  }
  const pieces: BlobPart[] = [header(left.length, sampleRate, encoding)];
  for (let begin = 0; begin < left.length; begin += PIECE_SAMPLES) {
    const end = Math.min(begin + PIECE_SAMPLES, left.length);
    pieces.push(piece(left.subarray(begin, end), right.subarray(begin, end), encoding, gain));
  }
  return new Blob(pieces, { type: "audio/wav" });
}

function header(samples: number, sampleRate: number, encoding: WavEncoding): ArrayBuffer {
  const bytes = BYTES[encoding];
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  writeText(view, 0, "RIFF");
  view.setUint32(4, wavBytes(samples, encoding) - 8, true);
  writeText(view, 8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, encoding === "float" ? FORMAT_FLOAT : FORMAT_INTEGER, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2 * bytes, true);
  view.setUint16(32, 2 * bytes, true);
  view.setUint16(34, 8 * bytes, true);
  writeText(view, 36, "data");
  view.setUint32(40, samples * 2 * bytes, true);
  return view.buffer;
}

function writeText(view: DataView, position: number, text: string): void {
  for (const [offset, letter] of [...text].entries()) {
    view.setUint8(position + offset, letter.charCodeAt(0));
  }
}

function piece(left: Float32Array, right: Float32Array, encoding: WavEncoding, gain: number): ArrayBuffer {
  const bytes = BYTES[encoding];
  const view = new DataView(new ArrayBuffer(left.length * 2 * bytes));
  const write = writerOf(view, encoding);
  for (let sample = 0; sample < left.length; sample++) {
    write(sample * 2 * bytes, (left[sample] ?? 0) * gain);
    write((sample * 2 + 1) * bytes, (right[sample] ?? 0) * gain);
  }
  return view.buffer;
}

function writerOf(view: DataView, encoding: WavEncoding): (position: number, value: number) => void {
  if (encoding === "float") {
    return (position, value) => view.setFloat32(position, value, true);
  }
  if (encoding === "16-bit") {
    return (position, value) => view.setInt16(position, quantised(value, 15), true);
  }
  return (position, value) => {
    const level = quantised(value, 23);
    view.setUint16(position, level & 0xffff, true);
    view.setInt8(position + 2, level >> 16);
  };
}

function quantised(value: number, bits: number): number {
  const scale = 2 ** bits;
  return Math.max(-scale, Math.min(scale - 1, Math.round(value * scale)));
}
