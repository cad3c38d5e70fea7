const PREFIX = "stem-foundry-upload:";

/** Another tab, or another card of this one, is sending the file. */
export class UploadTakenError extends Error {}

/** Only pages that came over HTTPS or from this computer have locks; the type does not say so. */
function lockManager(): LockManager | undefined {
  return navigator.locks as LockManager | undefined;
}

/**
 * Does work on an upload that no other tab may do at the same time.
 *
 * @throws UploadTakenError when somebody else does it already.
 */
export async function withUploadLock<T>(fingerprint: string, work: () => Promise<T>): Promise<T> {
  const locks = lockManager();
  if (!locks) return work();
  return locks.request(PREFIX + fingerprint, { ifAvailable: true }, (lock) => {
    if (!lock) throw new UploadTakenError();
    return work();
  });
}

/** The fingerprints of the uploads that some tab works on. */
export async function takenUploads(): Promise<Set<string>> {
  const { held = [] } = (await lockManager()?.query()) ?? {};
  const names = held.map(({ name }) => name ?? "").filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}
