/**
 * The SHA-256 of a blob, hexadecimal. The whole blob is held in memory meanwhile.
 *
 * @returns undefined where the browser cannot compute it: a page that did not come over HTTPS or from this computer.
 */
export async function sha256Of(blob: Blob): Promise<string | undefined> {
  // The type says that it is always there; outside secure contexts it is not.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!subtle) return undefined;
  const digest = new Uint8Array(await subtle.digest("SHA-256", await blob.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
