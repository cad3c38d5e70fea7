import type { PreviewEntry, PreviewIndex } from "@/api/types";

/** The part of a preview file that has to be fetched and decoded to get a stretch of a lane. */
export interface PreviewRange {
  firstByte: number;
  /** Exclusive. */
  endByte: number;
  /** How many samples per channel decoding these bytes gives. */
  decodedSamples: number;
  /** How many of them stand before the first one that is wanted. */
  skip: number;
}

/** A stretch of the song, in samples; `to` is exclusive. */
export interface SongRange {
  from: number;
  to: number;
}

/**
 * Where in the file the samples of `range` are.
 *
 * Both ends lie on frames whose offset the index knows: frames differ in size, so others cannot be found. A frame
 * needs what the ones before it left in the bit reservoir, so decoding begins early enough to fill that.
 */
export function previewRange(index: PreviewIndex, entry: PreviewEntry, range: SongRange): PreviewRange {
  const firstWanted = frameOf(index, range.from);
  const lastWanted = Math.min(frameOf(index, range.to - 1), entry.frames - 1);
  const firstOffset = Math.floor(Math.max(0, firstWanted - index.preroll_frames) / index.frames_per_offset);
  const endOffset = Math.floor(lastWanted / index.frames_per_offset) + 1;
  const firstFrame = firstOffset * index.frames_per_offset;
  const endFrame = Math.min(endOffset * index.frames_per_offset, entry.frames);
  return {
    firstByte: offsetAt(entry, firstOffset),
    endByte: entry.offsets[endOffset] ?? entry.size_bytes,
    decodedSamples: (endFrame - firstFrame) * index.frame_samples,
    skip: range.from + index.delay_samples - firstFrame * index.frame_samples,
  };
}

/** All audio frames of a file, without the Info frame, of which decoders make something of their own. */
export function wholePreview(index: PreviewIndex, entry: PreviewEntry): PreviewRange {
  return {
    firstByte: offsetAt(entry, 0),
    endByte: entry.size_bytes,
    decodedSamples: entry.frames * index.frame_samples,
    skip: index.delay_samples,
  };
}

/**
 * A sample near `from + length` at which a range ends together with the bytes that have to be fetched anyway.
 *
 * It lies at least `0.8 * length` after `from`.
 */
export function fittingEnd(index: PreviewIndex, from: number, length: number): number {
  const unit = index.frames_per_offset * index.frame_samples;
  const nearest = Math.round((from + length + index.delay_samples) / unit) * unit - index.delay_samples;
  return nearest - from >= 0.8 * length ? nearest : nearest + unit;
}

/** The frame that gives a sample of the lane when it is decoded. */
function frameOf(index: PreviewIndex, sample: number): number {
  return Math.floor((sample + index.delay_samples) / index.frame_samples);
}

function offsetAt(entry: PreviewEntry, position: number): number {
  const offset = entry.offsets[position];
  if (offset === undefined) {
    throw new RangeError(`The seek index has ${entry.offsets.length} offsets; ${position} is none of them`);
  }
  return offset;
}
