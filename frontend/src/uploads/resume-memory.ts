import { readStored, writeStored } from "@/shared/storage";
import type { JobOptions } from "./job-options";
import type { ResumePoint } from "./multipart-uploader";

const KEY = "uploads";
/** The service removes parts of unfinished uploads after a day. */
const KEPT_MILLISECONDS = 24 * 60 * 60 * 1000;

/** An upload that this browser began and that has not become a job yet. */
export interface RememberedUpload extends ResumePoint {
  readonly filename: string;
  readonly sizeBytes: number;
  readonly storedBytes: number;
  /** Whether the service has the whole file, so that only the job is missing. */
  readonly isComplete: boolean;
  /** What the job was to be when the upload began. */
  readonly options: JobOptions;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}

/** Tells files apart without reading them. */
export function fingerprintOf(file: File): string {
  return `${file.name}\u0000${file.size}\u0000${file.lastModified}`;
}

/** The remembered uploads by the fingerprint of their file; those that the service has dropped are left out. */
export function rememberedUploads(): Record<string, RememberedUpload> {
  const all = readStored<Record<string, RememberedUpload>>(KEY) ?? {};
  const isKept = ([, { savedAt }]: [string, RememberedUpload]) => Date.now() - savedAt < KEPT_MILLISECONDS;
  return Object.fromEntries(Object.entries(all).filter(isKept));
}

export function rememberUpload(fingerprint: string, upload: Omit<RememberedUpload, "savedAt">): void {
  writeStored(KEY, { ...rememberedUploads(), [fingerprint]: { ...upload, savedAt: Date.now() } });
}

export function forgetUpload(fingerprint: string): void {
  const { [fingerprint]: _, ...others } = rememberedUploads();
  writeStored(KEY, others);
}
