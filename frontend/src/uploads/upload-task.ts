import { ApiProblem } from "@/api/problems";
import type { Job } from "@/api/types";
import { strings } from "@/strings";
import { ConnectionPool } from "./connections";
import { type JobOptions, parseOptions } from "./job-options";
import { startJob } from "./job-start";
import { refusalOf } from "./local-checks";
import { mediaTypeOf } from "./media-types";
import { MultipartUploader, type ResumeMemory } from "./multipart-uploader";
import { jobOptions } from "./options-store";
import { forgetUpload, type RememberedUpload, rememberedUploads, rememberUpload } from "./resume-memory";
import { SpeedMeter } from "./speed-meter";
import { put, TransferError } from "./transfer";
import { uploadApi } from "./upload-api";
import { UploadTakenError, withUploadLock } from "./upload-lock";
import type { UploadPhase } from "./upload-phase";

/** Over all files: browsers open no more to one host. */
const connections = new ConnectionPool(6);
/** A speed that changes more often cannot be read, in milliseconds. */
const TOLD_EVERY_MILLISECONDS = 250;

export interface UploadTaskOptions {
  readonly fingerprint: string;
  readonly filename: string;
  readonly sizeBytes: number;
  /** Missing for an upload of an earlier page. */
  readonly file?: File;
  readonly onPhase: (phase: UploadPhase) => void;
  readonly onJob: (job: Job) => void;
}

function reasonOf(problem: unknown): string {
  const { failures } = strings.upload;
  if (problem instanceof UploadTakenError) return failures.taken;
  if (problem instanceof TransferError) {
    return problem.status === 0 ? failures.connection : failures.refused(problem.status);
  }
  return problem instanceof Error ? problem.message : String(problem);
}

/** Takes one song from the file to the job. */
export class UploadTask {
  readonly #task: UploadTaskOptions;
  readonly #stop = new AbortController();
  readonly #speed = new SpeedMeter();
  #file: File | undefined;
  #options: JobOptions;
  #uploader: MultipartUploader | undefined;
  #sentBytes = 0;
  /** Whether this task is the one that works on the upload, of all tabs. */
  #isWorking = false;
  #isPaused = false;
  #isOffline = false;
  #toldAt = 0;
  #tellLater: ReturnType<typeof setTimeout> | undefined;

  constructor(task: UploadTaskOptions) {
    this.#task = task;
    this.#file = task.file;
    const known = this.#known();
    this.#options = known ? parseOptions(known.options) : jobOptions();
    this.#sentBytes = known?.storedBytes ?? 0;
  }

  /** Checks the file and sends it; without one, goes as far as that is possible. */
  async begin(): Promise<void> {
    if (!this.#file) {
      if (this.#known()?.isComplete) await this.#transfer();
      else this.#task.onPhase({ name: "interrupted", sentBytes: this.#sentBytes, hint: undefined });
      return;
    }
    this.#task.onPhase({ name: "checking" });
    const refusal = await refusalOf(this.#file);
    if (this.#stop.signal.aborted) return;
    if (refusal !== undefined) this.#task.onPhase({ name: "rejected", reason: refusal });
    else await this.#transfer();
  }

  /** Goes on with an interrupted upload. */
  async provide(file: File): Promise<void> {
    this.#file = file;
    await this.begin();
  }

  pause(): void {
    this.#isPaused = true;
    this.#uploader?.pause();
    this.#tell();
  }

  resume(): void {
    this.#isPaused = false;
    this.#speed.reset();
    this.#uploader?.resume();
    this.#tell();
  }

  async retry(): Promise<void> {
    this.#task.onPhase({ name: "checking" });
    await this.#transfer();
  }

  /** Stops and forgets the upload, here and at the service. */
  async cancel(): Promise<void> {
    this.#stop.abort(new DOMException("The upload was cancelled.", "AbortError"));
    try {
      if (this.#isWorking) await this.#giveUp();
      else await withUploadLock(this.#task.fingerprint, () => this.#giveUp());
    } catch (problem) {
      // The card is gone already, another tab may go on with the upload, and the service removes by itself what
      // nobody completes or makes a job of.
      if (!(problem instanceof ApiProblem || problem instanceof UploadTakenError)) throw problem;
    }
  }

  async #giveUp(): Promise<void> {
    const known = this.#known();
    forgetUpload(this.#task.fingerprint);
    if (this.#uploader) await this.#uploader.cancel();
    else if (known) await uploadApi.abort(known.uploadId);
  }

  async #transfer(): Promise<void> {
    try {
      await withUploadLock(this.#task.fingerprint, async () => {
        this.#isWorking = true;
        const job = await this.#startJob(await this.#upload());
        forgetUpload(this.#task.fingerprint);
        this.#task.onPhase({ name: "started", jobId: job.job_id });
        this.#task.onJob(job);
      });
    } catch (problem) {
      if (this.#stop.signal.aborted) return;
      this.#task.onPhase({ name: "failed", sentBytes: this.#sentBytes, reason: reasonOf(problem) });
    } finally {
      this.#isWorking = false;
      this.#uploader = undefined;
    }
  }

  async #upload(): Promise<string> {
    const known = this.#known();
    if (known?.isComplete) return known.uploadId;
    if (!this.#file) throw new Error(strings.upload.failures.noFile);
    this.#isPaused = false;
    this.#speed.reset();
    this.#uploader = new MultipartUploader(this.#file, {
      api: uploadApi,
      put,
      connections,
      memory: this.#memory(),
      contentType: mediaTypeOf(this.#file) ?? "application/octet-stream",
      onProgress: (sentBytes) => this.#progress(sentBytes),
      onOffline: (waiting) => {
        this.#isOffline = waiting;
        this.#speed.reset();
        this.#tell();
      },
    });
    this.#tell();
    const uploadId = await this.#uploader.run();
    this.#stop.signal.throwIfAborted();
    this.#uploader = undefined;
    this.#remember({ uploadId, partSizeBytes: this.#task.sizeBytes }, this.#task.sizeBytes, true);
    return uploadId;
  }

  async #startJob(uploadId: string): Promise<Job> {
    this.#task.onPhase({ name: "starting", wait: undefined });
    try {
      return await startJob(uploadId, this.#options, {
        signal: this.#stop.signal,
        onWaiting: (wait) => this.#task.onPhase({ name: "starting", wait }),
      });
    } catch (problem) {
      if (problem instanceof ApiProblem && !problem.isTemporary) {
        // No job was made: the next try may use what is chosen by then, and a file that is gone is sent again.
        this.#options = jobOptions();
        if ([404, 409, 410].includes(problem.status)) forgetUpload(this.#task.fingerprint);
      }
      throw problem;
    }
  }

  #known(): RememberedUpload | undefined {
    return rememberedUploads()[this.#task.fingerprint];
  }

  #memory(): ResumeMemory {
    return {
      read: () => this.#known(),
      write: (point, storedBytes) => this.#remember(point, storedBytes, false),
      forget: () => forgetUpload(this.#task.fingerprint),
    };
  }

  #remember(
    point: { uploadId: string; partSizeBytes: number },
    storedBytes: number,
    isComplete: boolean,
  ): void {
    const { fingerprint, filename, sizeBytes } = this.#task;
    rememberUpload(fingerprint, {
      ...point,
      filename,
      sizeBytes,
      storedBytes,
      isComplete,
      options: this.#options,
    });
  }

  #progress(sentBytes: number): void {
    this.#sentBytes = sentBytes;
    const now = performance.now();
    this.#speed.add(now, sentBytes);
    const wait = this.#toldAt + TOLD_EVERY_MILLISECONDS - now;
    if (wait <= 0) this.#tell();
    // Too soon is told later: when the network stalls, nothing else may come for long.
    else this.#tellLater ??= setTimeout(() => this.#tellDelayed(), wait);
  }

  #tellDelayed(): void {
    this.#tellLater = undefined;
    if (this.#uploader) this.#tell();
  }

  #tell(): void {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#tellLater);
    this.#tellLater = undefined;
    this.#toldAt = performance.now();
    const sentBytes = this.#sentBytes;
    const { bytesPerSecond } = this.#speed;
    const left = this.#task.sizeBytes - sentBytes;
    const secondsLeft = bytesPerSecond === undefined ? undefined : Math.ceil(left / bytesPerSecond);
    if (this.#isPaused) this.#task.onPhase({ name: "paused", sentBytes });
    else if (this.#isOffline) this.#task.onPhase({ name: "offline", sentBytes });
    else this.#task.onPhase({ name: "uploading", sentBytes, bytesPerSecond, secondsLeft });
  }
}
