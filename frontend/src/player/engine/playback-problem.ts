/** Something that keeps the song from playing, told so that the listener knows what to do. */
export class PlaybackProblem extends Error {
  override readonly name = "PlaybackProblem";
}

/** Whether something was given up on purpose, which is no problem. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
