import type { Lane, PreviewEntry } from "@/api/types";
import { strings } from "@/strings";
import { fetchRange } from "./fetch-range";
import { PlaybackProblem } from "./playback-problem";
import { type PreviewRange, previewRange, type SongRange, wholePreview } from "./preview-range";
import type { PlayerSource } from "./types";

/** What is needed of an audio context to decode; it runs at the rate of the previews. */
export type Decoder = Pick<BaseAudioContext, "createBuffer" | "decodeAudioData">;

/** Of one stereo sample. */
export const BYTES_PER_SAMPLE = 2 * Float32Array.BYTES_PER_ELEMENT;

/** How much decoded audio may stay in memory when a browser refuses to decode pieces of a file. */
export const WHOLE_FILES_LIMIT_BYTES = 200_000_000;

/** A decoder may leave out this much of what it begins with, as it takes it for its own delay. */
const MAX_LEFT_OUT_FRAMES = 2;

/** Gives exact stretches of the lanes: fetches the bytes, decodes them, and cuts off what was not asked for. */
export class LaneSource {
  private readonly wholeFiles = new Map<Lane, Promise<AudioBuffer>>();
  private readonly disposal = new AbortController();

  constructor(
    private readonly source: PlayerSource,
    private readonly decoder: Decoder,
  ) {}

  /**
   * @throws PlaybackProblem when the lane cannot be had or decoded.
   */
  async load(lane: Lane, range: SongRange, signal: AbortSignal): Promise<AudioBuffer> {
    if (this.wholeFiles.size === 0) {
      const slice = previewRange(this.source.index, this.entry(lane), range);
      const decoded = await this.decodeRange(lane, slice, signal);
      if (decoded) {
        return this.cut(decoded, slice, range.to - range.from);
      }
    }
    const whole = wholePreview(this.source.index, this.entry(lane));
    const decoded = await this.wholeFile(lane, whole);
    signal.throwIfAborted();
    return this.cut(decoded, { ...whole, skip: whole.skip + range.from }, range.to - range.from);
  }

  /** Gives up what is still being fetched. */
  dispose(): void {
    this.disposal.abort();
    this.wholeFiles.clear();
  }

  /** Bytes of decoded audio that are kept for later: none, unless this browser needs whole files. */
  decodedBytes(): number {
    return this.wholeFiles.size * this.source.index.samples * BYTES_PER_SAMPLE;
  }

  private async wholeFile(lane: Lane, range: PreviewRange): Promise<AudioBuffer> {
    const lanes = Object.keys(this.source.index.lanes).length;
    if (lanes * this.source.index.samples * BYTES_PER_SAMPLE > WHOLE_FILES_LIMIT_BYTES) {
      throw new PlaybackProblem(strings.playback.notPlayable);
    }
    const known = this.wholeFiles.get(lane);
    if (known) {
      return known;
    }
    const loading = this.decodeRange(lane, range, this.disposal.signal).then((decoded) => {
      if (!decoded) {
        throw new PlaybackProblem(strings.playback.notPlayable);
      }
      return decoded;
    });
    this.wholeFiles.set(lane, loading);
    loading.catch(() => this.wholeFiles.delete(lane));
    return loading;
  }

  /** `undefined` when the browser's decoder does not take the piece. */
  private async decodeRange(
    lane: Lane,
    range: PreviewRange,
    signal: AbortSignal,
  ): Promise<AudioBuffer | undefined> {
    const bytes = await fetchRange(this.source, lane, range.firstByte, range.endByte, signal);
    const decoded = await this.decoder.decodeAudioData(bytes).catch(() => undefined);
    signal.throwIfAborted();
    const leftOut = decoded ? range.decodedSamples - decoded.length : Number.POSITIVE_INFINITY;
    return leftOut <= MAX_LEFT_OUT_FRAMES * this.source.index.frame_samples ? decoded : undefined;
  }

  private entry(lane: Lane): PreviewEntry {
    const entry = this.source.index.lanes[lane];
    if (!entry) {
      throw new PlaybackProblem(strings.playback.gone);
    }
    return entry;
  }

  /** What was asked for, of what was decoded; silence where the file ends before. */
  private cut(decoded: AudioBuffer, range: PreviewRange, length: number): AudioBuffer {
    const leftOut = Math.max(0, range.decodedSamples - decoded.length);
    const begin = range.skip - leftOut;
    const result = this.decoder.createBuffer(2, length, this.source.index.sample_rate_hz);
    for (const channel of [0, 1]) {
      const samples = decoded.getChannelData(Math.min(channel, decoded.numberOfChannels - 1));
      result
        .getChannelData(channel)
        .set(samples.subarray(Math.max(0, begin), begin + length), Math.max(0, -begin));
    }
    return result;
  }
}
