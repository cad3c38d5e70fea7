const PREFIX = "stem-foundry-upload:";

/** Another tab, or another card of this one, is sending the file. */
export class UploadTakenError extends Error {}

/**
 * Does work on an upload that no other tab may do at the same time.
 *
 * @throws UploadTakenError when somebody else does it already.
 */
export async function withUploadLock<T>(fingerprint: string, work: () => Promise<T>): Promise<T> {
  // Only pages that came over HTTPS or from this computer have locks.
  if (!("locks" in navigator)) return work();
  return navigator.locks.request(PREFIX + fingerprint, { ifAvailable: true }, (lock) => {
    if (!lock) throw new UploadTakenError();
    return work();
  });
}

/** The fingerprints of the uploads that some tab works on. */
export async function takenUploads(): Promise<Set<string>> {
  if (!("locks" in navigator)) return new Set();
  const { held = [] } = await navigator.locks.query();
  const names = held.map(({ name }) => name ?? "").filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}
