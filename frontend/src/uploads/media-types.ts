/** What the service can read, by file name extension, with the media type to announce. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  mp3: "audio/mpeg",
  wav: "audio/wav",
  flac: "audio/flac",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  m4a: "audio/mp4",
  aac: "audio/aac",
  aiff: "audio/aiff",
  aif: "audio/aiff",
  wma: "audio/x-ms-wma",
  webm: "audio/webm",
  mp4: "video/mp4",
  mov: "video/quicktime",
  mkv: "video/x-matroska",
};

/** Names that browsers give to the same formats, for files without a telling name. */
const OTHER_NAMES = new Set([
  "application/ogg",
  "audio/mp3",
  "audio/opus",
  "audio/vnd.wave",
  "audio/wave",
  "audio/x-aiff",
  "audio/x-flac",
  "audio/x-m4a",
  "audio/x-wav",
  "video/webm",
]);

const ACCEPTED = new Set([...Object.values(MEDIA_TYPES), ...OTHER_NAMES]);

/** Extensions without the dot. */
export const EXTENSIONS: readonly string[] = Object.keys(MEDIA_TYPES);

/** For the `accept` attribute of a file input. */
export const ACCEPT = [...EXTENSIONS.map((extension) => `.${extension}`), "audio/*", "video/*"].join(",");

/**
 * The media type to announce a file with.
 *
 * @returns undefined when neither its name nor its type is of a format that the service reads.
 */
export function mediaTypeOf(file: File): string | undefined {
  const extension = file.name.split(".").at(-1)?.toLowerCase() ?? "";
  const declared = file.type.split(";")[0]?.trim().toLowerCase() ?? "";
  return MEDIA_TYPES[extension] ?? (ACCEPTED.has(declared) ? declared : undefined);
}
