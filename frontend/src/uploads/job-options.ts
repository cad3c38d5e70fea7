import type { AudioFormat, CreateJob, ModelDescription, OutputOptions, Stem } from "@/api/types";

export const AUDIO_FORMATS: readonly AudioFormat[] = ["wav", "flac", "mp3", "m4a"];
export const BITRATES_KBPS = [128, 160, 192, 224, 256, 320] as const;
/** Bits per sample that a format can have; 32 is floating point. Lossy formats have none. */
export const BIT_DEPTHS: Readonly<Record<AudioFormat, readonly number[]>> = {
  wav: [16, 24, 32],
  flac: [16, 24],
  mp3: [],
  m4a: [],
};
const TWO_STEMS: readonly Stem[] = ["vocals", "instrumental"];

/** `all` of the model's own, the `two` of karaoke (vocals and instrumental), or those in the list. */
export type StemsChoice = "all" | "two" | readonly Stem[];

/** What the listener wants of the next songs. */
export interface JobOptions {
  /** A name from `/v1/models`; undefined: the service's default. */
  readonly model: string | undefined;
  readonly stems: StemsChoice;
  readonly drumParts: boolean;
  readonly format: AudioFormat;
  /** Bits per sample, for WAV and FLAC. */
  readonly bitDepth: number;
  /** Kilobits per second, for MP3 and M4A. */
  readonly bitrateKbps: number;
  /** Hours until the job is removed; undefined: the service's default. */
  readonly retentionHours: number | undefined;
}

export const DEFAULT_OPTIONS: JobOptions = {
  model: undefined,
  stems: "all",
  drumParts: false,
  format: "wav",
  bitDepth: 16,
  bitrateKbps: 320,
  retentionHours: undefined,
};

/** Models that take songs apart, in the order of the service. */
export function songModels(models: readonly ModelDescription[]): ModelDescription[] {
  return models.filter(({ purpose }) => purpose === "song");
}

/** The model that these options mean. */
export function chosenModel(
  options: JobOptions,
  models: readonly ModelDescription[],
): ModelDescription | undefined {
  const songs = songModels(models);
  return songs.find(({ name }) => name === options.model) ?? songs.find((model) => model.default) ?? songs[0];
}

/** Stems that the model itself gives, without those computed from them. */
export function ownStems(model: ModelDescription): Stem[] {
  return model.stems.filter((stem) => stem !== "instrumental");
}

export function offersTwoStems(model: ModelDescription): boolean {
  return TWO_STEMS.every((stem) => model.stems.includes(stem));
}

/** Why the drums of a song cannot be split into their parts: by this model, or by this service at all. */
export type DrumPartsObstacle = "no-drums" | "no-kit-model";

export function drumPartsObstacle(
  model: ModelDescription,
  models: readonly ModelDescription[],
): DrumPartsObstacle | undefined {
  if (!models.some(({ purpose }) => purpose === "drums")) return "no-kit-model";
  return model.stems.includes("drums") ? undefined : "no-drums";
}

/** The same wishes without what the models of this service cannot do. */
export function fitToModels(options: JobOptions, models: readonly ModelDescription[]): JobOptions {
  const model = chosenModel(options, models);
  if (!model) return options;
  return {
    ...options,
    model: model.name === options.model ? options.model : undefined,
    stems: fitStems(options.stems, model),
    drumParts: options.drumParts && drumPartsObstacle(model, models) === undefined,
  };
}

function fitStems(stems: StemsChoice, model: ModelDescription): StemsChoice {
  if (stems === "all") return stems;
  if (stems === "two") return offersTwoStems(model) ? stems : "all";
  const offered = stems.filter((stem) => model.stems.includes(stem));
  return offered.length > 0 ? offered : "all";
}

/** Reads options that an earlier version of the page may have written, or somebody else. */
export function parseOptions(stored: unknown): JobOptions {
  const wish = (typeof stored === "object" && stored !== null ? stored : {}) as Partial<JobOptions>;
  const format = AUDIO_FORMATS.find((known) => known === wish.format) ?? DEFAULT_OPTIONS.format;
  return {
    model: typeof wish.model === "string" ? wish.model : undefined,
    stems: parseStems(wish.stems),
    drumParts: wish.drumParts === true,
    format,
    bitDepth: fitBitDepth(Number(wish.bitDepth), format),
    bitrateKbps: BITRATES_KBPS.find((known) => known === wish.bitrateKbps) ?? DEFAULT_OPTIONS.bitrateKbps,
    retentionHours: Number.isInteger(wish.retentionHours) ? wish.retentionHours : undefined,
  };
}

function parseStems(stems: unknown): StemsChoice {
  if (stems === "all" || stems === "two") return stems;
  const names = Array.isArray(stems) ? stems.filter((stem): stem is Stem => typeof stem === "string") : [];
  return names.length > 0 ? names : DEFAULT_OPTIONS.stems;
}

/** The wanted bits per sample where the format has them, else 16. */
export function fitBitDepth(bits: number, format: AudioFormat): number {
  return BIT_DEPTHS[format].includes(bits) ? bits : DEFAULT_OPTIONS.bitDepth;
}

function outputOf({ format, bitDepth, bitrateKbps }: JobOptions): OutputOptions {
  const common = { format, original_sample_rate: false };
  return BIT_DEPTHS[format].length > 0
    ? { ...common, bit_depth: fitBitDepth(bitDepth, format) }
    : { ...common, bitrate_kbps: bitrateKbps };
}

/** The request that makes a job of a complete upload; with the previews and the analysis that the player shows. */
export function createJobBody(uploadId: string, options: JobOptions): CreateJob {
  return {
    upload_id: uploadId,
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(options.stems === "all" ? {} : { stems: [...(options.stems === "two" ? TWO_STEMS : options.stems)] }),
    drum_parts: options.drumParts,
    output: outputOf(options),
    ...(options.retentionHours === undefined ? {} : { retention_hours: options.retentionHours }),
    analysis: true,
    previews: true,
    archive: false,
  };
}
