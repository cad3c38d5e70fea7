import type { PreviewEntry, PreviewIndex } from "@/api/types";

const FRAME_SAMPLES = 1152;
const FRAMES_PER_OFFSET = 32;
const ENCODER_DELAY = 576;

/** The index of previews like the product's writer makes them, without outlines. */
export function previewIndex(
  samples: number,
  lanes: readonly string[] = ["vocals"],
  beats: number[] = [],
): PreviewIndex {
  const entry = previewEntry(samples);
  return {
    version: 1,
    sample_rate_hz: 44_100,
    bitrate_kbps: 160,
    gain_db: -3,
    frame_samples: FRAME_SAMPLES,
    frames_per_offset: FRAMES_PER_OFFSET,
    preroll_frames: 10,
    delay_samples: ENCODER_DELAY + 529,
    samples,
    duration_seconds: samples / 44_100,
    point_samples: 1,
    beats,
    lanes: Object.fromEntries(lanes.map((lane) => [lane, entry])),
  };
}

/** Size of a frame at 160 kb/s: 522 bytes, and every now and then one more. */
export function frameOffset(frame: number): number {
  return 522 + Math.floor((frame * 160_000 * 144) / (1000 * 44.1));
}

function previewEntry(samples: number): PreviewEntry {
  const frames = Math.ceil((samples + ENCODER_DELAY + 529) / FRAME_SAMPLES);
  const offsets = Array.from({ length: Math.ceil(frames / FRAMES_PER_OFFSET) }, (_, position) =>
    frameOffset(position * FRAMES_PER_OFFSET),
  );
  return {
    size_bytes: frameOffset(frames),
    samples,
    frames,
    encoder_delay_samples: ENCODER_DELAY,
    encoder_padding_samples: frames * FRAME_SAMPLES - samples - ENCODER_DELAY,
    offsets,
    peaks: [],
    rms: [],
  };
}
