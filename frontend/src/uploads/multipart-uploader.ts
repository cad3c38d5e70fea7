import { ApiProblem } from "@/api/problems";
import type { SignedPart } from "@/api/types";
import type { ConnectionPool } from "./connections";
import { Pace, type PaceOptions } from "./pace";
import { sha256Of } from "./sha256";
import { type Transfer, TransferError } from "./transfer";
import type { UploadApi } from "./upload-api";

const PARALLEL_PARTS = 4;
const LINKS_PER_CALL = 16;
const MAX_RESTARTS = 2;
/** Files up to this size travel in one piece, which can be hashed without holding much memory. */
const HASHED_BELOW_BYTES = 16 * 1024 * 1024;

/** What is needed to go on with an upload later. */
export interface ResumePoint {
  readonly uploadId: string;
  readonly partSizeBytes: number;
}

/** Remembers how to go on with one file, beyond a reload of the page. */
export interface ResumeMemory {
  read(): ResumePoint | undefined;
  write(point: ResumePoint, storedBytes: number): void;
  forget(): void;
}

export interface UploaderOptions extends PaceOptions {
  readonly api: UploadApi;
  readonly put: (transfer: Transfer) => Promise<void>;
  readonly connections: ConnectionPool;
  readonly memory: ResumeMemory;
  /** Media type to announce. */
  readonly contentType: string;
  /** Told the bytes that have been sent so far; a part that must be sent again takes its bytes back. */
  readonly onProgress: (sentBytes: number) => void;
}

interface OpenUpload {
  readonly uploadId: string;
  readonly isComplete: boolean;
  /** Of a file in one piece. */
  readonly link?: { readonly url: string; readonly headers: Record<string, string> };
  /** Of a file in parts. */
  readonly partSizeBytes?: number;
  readonly storedParts: ReadonlySet<number>;
}

/** The upload is gone or spoilt at the service: only a new one helps. */
class LostUpload extends Error {}

function isLost(problem: unknown): boolean {
  if (problem instanceof LostUpload) return true;
  if (problem instanceof TransferError) return problem.status === 404;
  if (!(problem instanceof ApiProblem)) return false;
  return [404, 410].includes(problem.status) || problem.status === 409;
}

/**
 * Brings one file to the service: in one PUT, or in parallel parts that survive a broken connection, an expired
 * link, a pause and a reload of the page.
 */
export class MultipartUploader {
  readonly #file: File;
  readonly #options: UploaderOptions;
  readonly #pace: Pace;
  readonly #links = new Map<number, SignedPart>();
  readonly #inFlight = new Map<number, number>();
  #storedBytes = 0;
  #uploadId: string | undefined;
  #missing = new Set<number>();
  #signing: Promise<void> | undefined;
  #interruptWhole: (() => void) | undefined;

  constructor(file: File, options: UploaderOptions) {
    this.#file = file;
    this.#options = options;
    this.#pace = new Pace(options);
  }

  /**
   * Sends the file, from where an earlier attempt stopped if there is one, and completes the upload.
   *
   * @returns the id of the complete upload.
   * @throws ApiProblem or TransferError when waiting and trying again did not help; AbortError when cancelled.
   */
  async run(): Promise<string> {
    for (let restarts = 0; ; restarts += 1) {
      try {
        return await this.#attempt();
      } catch (problem) {
        // Workers that are still sending for the failed attempt stop with it.
        this.#pace.end(problem);
        if (this.#pace.isCancelled || restarts >= MAX_RESTARTS || !isLost(problem)) throw problem;
        // Parts that did not arrive after all can be sent once more; anything else begins anew.
        const isIncomplete = problem instanceof ApiProblem && problem.code === "upload_incomplete";
        if (!isIncomplete) this.#options.memory.forget();
      }
    }
  }

  /** Sends nothing new; parts on their way may finish. A file in one piece will begin again. */
  pause(): void {
    this.#pace.pause();
    this.#interruptWhole?.();
  }

  resume(): void {
    this.#pace.resume();
  }

  /** Stops at once and gives the upload up at the service, so that nothing of it is kept. */
  async cancel(): Promise<void> {
    this.#pace.cancel();
    this.#options.memory.forget();
    if (this.#uploadId) await this.#options.api.abort(this.#uploadId);
  }

  async #attempt(): Promise<string> {
    this.#pace.begin();
    const upload = await this.#open();
    if (upload.isComplete) return upload.uploadId;
    if (upload.link) await this.#sendWhole(upload.link);
    else await this.#sendParts(upload);
    await this.#pace.retrying(() => this.#options.api.complete(upload.uploadId, this.#pace.signal));
    return upload.uploadId;
  }

  async #open(): Promise<OpenUpload> {
    const point = this.#options.memory.read();
    this.#uploadId = point?.uploadId;
    const upload = point ? await this.#reopen(point) : await this.#create();
    this.#uploadId = upload.uploadId;
    this.#links.clear();
    this.#inFlight.clear();
    this.#storedBytes = 0;
    for (const number of upload.storedParts) this.#storedBytes += this.#part(upload, number).size;
    this.#tell();
    return upload;
  }

  async #create(): Promise<OpenUpload> {
    const { name, size } = this.#file;
    const sha256 = size < HASHED_BELOW_BYTES ? await sha256Of(this.#file) : undefined;
    const announcement = { filename: name, size_bytes: size, content_type: this.#options.contentType };
    const created = await this.#pace.retrying(() =>
      this.#options.api.create(
        sha256 === undefined ? announcement : { ...announcement, sha256 },
        this.#pace.signal,
      ),
    );
    const upload = { uploadId: created.upload_id, isComplete: false, storedParts: new Set<number>() };
    if (created.url) return { ...upload, link: { url: created.url, headers: created.headers ?? {} } };
    if (!created.part_size_bytes) throw new Error("The service gave neither a link nor a size of parts.");
    this.#options.memory.write({ uploadId: created.upload_id, partSizeBytes: created.part_size_bytes }, 0);
    return { ...upload, partSizeBytes: created.part_size_bytes };
  }

  async #reopen(point: ResumePoint): Promise<OpenUpload> {
    const listed = await this.#pace.retrying(() => this.#options.api.list(point.uploadId, this.#pace.signal));
    const isComplete = listed.state === "complete";
    if (!isComplete && listed.state !== "open") throw new LostUpload(`The upload is ${listed.state}.`);
    const upload = { uploadId: point.uploadId, isComplete, partSizeBytes: listed.part_size_bytes };
    const whole = listed.parts.filter(
      (part) => part.size_bytes === this.#part(upload, part.part_number).size,
    );
    return { ...upload, storedParts: new Set(whole.map((part) => part.part_number)) };
  }

  #part(upload: { partSizeBytes?: number }, number: number): Blob {
    const size = upload.partSizeBytes ?? this.#file.size;
    return this.#file.slice((number - 1) * size, number * size);
  }

  async #sendWhole(link: { url: string; headers: Record<string, string> }): Promise<void> {
    await this.#pace.retrying(async () => {
      try {
        await this.#put(link, this.#file, 1);
      } catch (problem) {
        if (!(problem instanceof TransferError)) throw problem;
        // Written already, by a try whose answer was lost; completing compares what has arrived.
        if (problem.status === 412) return;
        if (problem.status === 403) throw new LostUpload("The link has expired.", { cause: problem });
        throw problem;
      }
    });
    this.#storedBytes = this.#file.size;
    this.#tell();
  }

  async #sendParts(upload: OpenUpload): Promise<void> {
    const count = Math.ceil(this.#file.size / (upload.partSizeBytes ?? this.#file.size));
    const numbers = Array.from({ length: count }, (_, position) => position + 1);
    const waiting = numbers.filter((number) => !upload.storedParts.has(number));
    this.#missing = new Set(waiting);
    const work = async () => {
      for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
        await this.#sendPart(upload, number);
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL_PARTS, waiting.length) }, work));
  }

  async #sendPart(upload: OpenUpload, number: number): Promise<void> {
    const body = this.#part(upload, number);
    await this.#pace.retrying(async () => {
      const link = await this.#link(upload.uploadId, number);
      try {
        await this.#put(link, body, number);
      } catch (problem) {
        this.#links.delete(number);
        throw problem;
      }
    });
    this.#missing.delete(number);
    this.#storedBytes += body.size;
    const point = { uploadId: upload.uploadId, partSizeBytes: upload.partSizeBytes ?? this.#file.size };
    this.#options.memory.write(point, this.#storedBytes);
    this.#tell();
  }

  /** The link of a part. Workers that need one at the same time share one call, which brings links ahead too. */
  async #link(uploadId: string, number: number): Promise<SignedPart> {
    for (;;) {
      const link = this.#links.get(number);
      if (link) return link;
      this.#signing ??= this.#sign(uploadId, number).finally(() => {
        this.#signing = undefined;
      });
      await this.#signing;
    }
  }

  async #sign(uploadId: string, number: number): Promise<void> {
    const ahead = [...this.#missing].filter((other) => other !== number && !this.#links.has(other));
    const numbers = [number, ...ahead.slice(0, LINKS_PER_CALL - 1)];
    const signed = await this.#options.api.sign(uploadId, numbers, this.#pace.signal);
    for (const part of signed) this.#links.set(part.part_number, part);
    if (!this.#links.has(number)) throw new Error(`The service gave no link for part ${number}.`);
  }

  async #put(
    link: { url: string; headers: Record<string, string> },
    body: Blob,
    number: number,
  ): Promise<void> {
    const stop = new AbortController();
    const attempt = this.#pace.signal;
    const abort = () => stop.abort(attempt.reason);
    const onProgress = (bytes: number) => {
      // Some browsers count the head of the request too.
      this.#inFlight.set(number, Math.min(bytes, body.size));
      this.#tell();
    };
    try {
      await this.#options.connections.run(async () => {
        attempt.throwIfAborted();
        // Paused while it stood in line: a connection is not kept from others meanwhile.
        if (this.#pace.isPaused) throw new TransferError(0);
        attempt.addEventListener("abort", abort);
        if (body === this.#file) this.#interruptWhole = () => stop.abort(new TransferError(0));
        await this.#options.put({ ...link, body, signal: stop.signal, onProgress });
      });
    } finally {
      attempt.removeEventListener("abort", abort);
      this.#interruptWhole = undefined;
      this.#inFlight.delete(number);
    }
  }

  #tell(): void {
    let sent = this.#storedBytes;
    for (const bytes of this.#inFlight.values()) sent += bytes;
    this.#options.onProgress(sent);
  }
}
