import { configuration } from "@/config";
import { fileSize } from "@/shared/format";
import { strings } from "@/strings";
import { duration } from "./format";
import { mediaTypeOf } from "./media-types";

/** A browser that has not told the length by then is not going to, in milliseconds. */
const LONGEST_WAIT_MILLISECONDS = 3000;

/**
 * The length of a song in seconds.
 *
 * @returns undefined when this browser cannot tell: the service can read more formats than it.
 */
export function readDuration(file: File): Promise<number | undefined> {
  return new Promise((resolve) => {
    const audio = new Audio();
    const link = URL.createObjectURL(file);
    const end = (seconds: number | undefined) => {
      clearTimeout(timer);
      audio.onloadedmetadata = null;
      audio.onerror = null;
      audio.removeAttribute("src");
      URL.revokeObjectURL(link);
      resolve(seconds);
    };
    const timer = setTimeout(end, LONGEST_WAIT_MILLISECONDS, undefined);
    audio.onloadedmetadata = () => end(Number.isFinite(audio.duration) ? audio.duration : undefined);
    audio.onerror = () => end(undefined);
    audio.preload = "metadata";
    audio.src = link;
  });
}

/**
 * Looks at a file before a byte of it is sent.
 *
 * @returns why the service would refuse it and what to do, or undefined when nothing speaks against it.
 */
export async function refusalOf(file: File, durationOf = readDuration): Promise<string | undefined> {
  const { maxUploadBytes, maxDurationSeconds } = configuration();
  const { refusals } = strings.upload;
  if (mediaTypeOf(file) === undefined) return refusals.type;
  if (file.size === 0) return refusals.empty;
  if (file.size > maxUploadBytes) return refusals.size(fileSize(file.size), fileSize(maxUploadBytes));
  const seconds = await durationOf(file);
  if (seconds !== undefined && seconds > maxDurationSeconds) {
    return refusals.duration(duration(seconds), duration(maxDurationSeconds));
  }
  return undefined;
}
