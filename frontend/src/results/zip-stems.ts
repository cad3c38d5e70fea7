import { makeZip } from "client-zip";
import type { Download, Stem } from "@/api/types";
import { strings } from "@/strings";
import { uniqueFileNames } from "./file-names";
import type { ResultLinks } from "./result-links";

/** A delivered stem. */
export interface StemFile {
  readonly stem: Stem;
  readonly file: Download;
}

/** Size of all files together, bytes. */
export function totalSize(files: readonly StemFile[]): number {
  return files.reduce((sum, { file }) => sum + file.size_bytes, 0);
}

/**
 * A ZIP of stems that is made while it is read: one stem after the other, nothing of it kept.
 *
 * @param onBytes told the bytes of the stems that have arrived so far.
 */
export function zipOfStems(
  files: readonly StemFile[],
  links: ResultLinks,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  return makeZip(entries(files, links, signal, onBytes));
}

async function* entries(
  files: readonly StemFile[],
  links: ResultLinks,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
) {
  const names = uniqueFileNames(files.map(({ file }) => file.filename));
  let arrived = 0;
  for (const [position, { stem, file }] of files.entries()) {
    const response = await links.fetch((downloads) => downloads.stems[stem], signal);
    if (!response.body) throw new Error(strings.results.unreachable(file.filename));
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        arrived += chunk.byteLength;
        onBytes(arrived);
        controller.enqueue(chunk);
      },
    });
    yield { name: names[position] ?? file.filename, input: response.body.pipeThrough(count) };
  }
}
