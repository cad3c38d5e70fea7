import type { Lane } from "@/api/types";
import { fetchStored } from "@/shared/stored-file";
import { strings } from "@/strings";
import { DRUM_LANES, isStretched, laneGain } from "./mix-settings";
import { panGains } from "./pan-law";
import { PlaybackProblem } from "./playback-problem";
import { type StereoChannels, stretchOffline } from "./stretch-offline";
import type { LoopRegion, MixSettings } from "./types";
import { fitsWav, type WavEncoding, wavFile } from "./wav-file";

const SAMPLE_RATE = 44_100;

/** Decoded audio that a browser can be trusted to hold: one stem, what is mixed already, and what is rendered of it. */
const MEMORY_LIMIT_BYTES = 2_500_000_000;

/** Just under full scale, so that rounding does not reach it. */
const CEILING = 0.999;

/** What is to be mixed, and how. */
export interface MixInput {
  /** The delivered stems: their files, or links to them. Those that are silent in the mix are not loaded. */
  readonly lanes: readonly { readonly lane: Lane; readonly audio: string | ArrayBuffer }[];
  readonly settings: MixSettings;
  /** Only this part of the song. */
  readonly loop?: LoopRegion | undefined;
  /** `24-bit` unless told otherwise. */
  readonly encoding?: WavEncoding | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told the part that is done, 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface RenderedMix {
  /** A WAV file, stereo, 44.1 kHz. */
  readonly file: Blob;
  /** Gain in dB that kept the mix from clipping: 0 or less. */
  readonly gainDb: number;
}

interface Group {
  readonly semitones: number;
  channels: StereoChannels | undefined;
}

/**
 * The mix as it is heard, of the stems in full quality: volumes, pan, mute, solo, speed and key as in the player.
 *
 * @throws PlaybackProblem when a stem cannot be read or the mix is too long; an `AbortError` when it was cancelled.
 */
export async function renderMix(input: MixInput): Promise<RenderedMix> {
  const { settings, encoding = "24-bit", onProgress } = input;
  const audible = input.lanes.filter(({ lane }) => laneGain(settings, lane) > 0);
  const stretches = isStretched(settings);
  const steps = audible.length + (stretches ? 2 : 1);
  const groups = { drums: group(0), others: group(settings.semitones) };
  for (const [done, { lane, audio }] of audible.entries()) {
    onProgress?.(done / steps);
    const decoded = await decodeStem(lane, audio, input.signal);
    const target = settings.semitones !== 0 && DRUM_LANES.has(lane) ? groups.drums : groups.others;
    target.channels = mixedIn(target.channels, decoded, settings, lane, input.loop);
    checkLength(target.channels[0].length / settings.speed, settings, encoding);
  }
  onProgress?.(audible.length / steps);
  const mixed = await combine([groups.others, groups.drums], settings.speed, input.signal);
  onProgress?.((steps - 1) / steps);
  const gain = limitingGain(mixed, encoding);
  const file = wavFile(mixed, SAMPLE_RATE, encoding, gain);
  onProgress?.(1);
  return { file, gainDb: 20 * Math.log10(gain) };
}

function group(semitones: number): Group {
  return { semitones, channels: undefined };
}

async function decodeStem(
  lane: Lane,
  audio: string | ArrayBuffer,
  signal: AbortSignal | undefined,
): Promise<AudioBuffer> {
  const unreadable = (cause?: unknown) =>
    new PlaybackProblem(strings.playback.mixNotDecoded(strings.common.stems[lane]), { cause });
  let bytes: ArrayBuffer;
  if (typeof audio === "string") {
    const response = await fetchStored(audio, signal ?? null).catch((error: unknown) => {
      throw signal?.aborted ? error : unreadable(error);
    });
    if (!response.ok) {
      throw unreadable();
    }
    bytes = await response.arrayBuffer();
  } else {
    // Decoding takes the bytes away; they are the caller's.
    bytes = audio.slice(0);
  }
  const decoder = new OfflineAudioContext(2, 1, SAMPLE_RATE);
  const decoded = await decoder.decodeAudioData(bytes).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  signal?.throwIfAborted();
  return decoded;
}

/** Adds a stem to what is mixed already, with its gain and pan. */
function mixedIn(
  mixed: StereoChannels | undefined,
  stem: AudioBuffer,
  settings: MixSettings,
  lane: Lane,
  loop: LoopRegion | undefined,
): StereoChannels {
  const begin = loop ? Math.round(loop.start * SAMPLE_RATE) : 0;
  const end = loop ? Math.min(Math.round(loop.end * SAMPLE_RATE), stem.length) : stem.length;
  const length = Math.max(0, end - begin);
  const target = mixed ?? [new Float32Array(length), new Float32Array(length)];
  const gain = laneGain(settings, lane) * settings.masterVolume;
  const pan = panGains(settings.lanes[lane]?.pan ?? 0);
  const left = stem.getChannelData(0).subarray(begin, end);
  const right = stem.getChannelData(Math.min(1, stem.numberOfChannels - 1)).subarray(begin, end);
  addScaled(target[0], left, gain * pan.leftToLeft, right, gain * pan.rightToLeft);
  addScaled(target[1], left, gain * pan.leftToRight, right, gain * pan.rightToRight);
  return target;
}

function addScaled(
  target: Float32Array,
  left: Float32Array,
  leftGain: number,
  right: Float32Array,
  rightGain: number,
) {
  const length = Math.min(target.length, left.length);
  for (let sample = 0; sample < length; sample++) {
    target[sample] =
      (target[sample] ?? 0) + leftGain * (left[sample] ?? 0) + rightGain * (right[sample] ?? 0);
  }
}

function checkLength(samples: number, settings: MixSettings, encoding: WavEncoding): void {
  const groups = settings.semitones === 0 ? 1 : 2;
  const held = samples * 2 * Float32Array.BYTES_PER_ELEMENT * (groups + 2);
  if (!fitsWav(Math.ceil(samples), encoding) || held > MEMORY_LIMIT_BYTES) {
    throw new PlaybackProblem(strings.playback.mixTooLong);
  }
}

async function combine(
  groups: readonly Group[],
  speed: number,
  signal: AbortSignal | undefined,
): Promise<StereoChannels> {
  let result: StereoChannels | undefined;
  for (const { channels, semitones } of groups) {
    if (channels) {
      const sounding = await stretched(channels, speed, semitones);
      signal?.throwIfAborted();
      if (result) {
        addScaled(result[0], sounding[0], 1, sounding[0], 0);
        addScaled(result[1], sounding[1], 1, sounding[1], 0);
      }
      result ??= sounding;
    }
  }
  return result ?? [new Float32Array(0), new Float32Array(0)];
}

/** Drums keep their pitch but go through the stretcher too where others do: so they keep step. */
async function stretched(
  channels: StereoChannels,
  speed: number,
  semitones: number,
): Promise<StereoChannels> {
  if (speed === 1 && semitones === 0) {
    return channels;
  }
  try {
    return await stretchOffline(channels, SAMPLE_RATE, speed, semitones);
  } catch (cause) {
    throw new PlaybackProblem(strings.playback.noStretching, { cause });
  }
}

function limitingGain(channels: StereoChannels, encoding: WavEncoding): number {
  let peak = 0;
  for (const channel of channels) {
    for (const sample of channel) {
      peak = Math.max(peak, Math.abs(sample));
    }
  }
  return encoding === "float" || peak <= CEILING ? 1 : CEILING / peak;
}
