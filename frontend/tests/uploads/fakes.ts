import { ApiProblem } from "@/api/problems";
import { ConnectionPool } from "@/uploads/connections";
import { MultipartUploader, type ResumeMemory, type UploaderOptions } from "@/uploads/multipart-uploader";
import { type Transfer, TransferError } from "@/uploads/transfer";
import type { UploadApi } from "@/uploads/upload-api";

/** Small, so that a test file has several parts. */
export const PART_BYTES = 10;
export const UPLOAD_ID = "00000000-0000-4000-8000-000000000001";

/** A file of parts of `PART_BYTES`; the last one is half. */
export function fileOfParts(count: number): File {
  const bytes = Uint8Array.from({ length: count * PART_BYTES - PART_BYTES / 2 }, (_, position) => position);
  return new File([bytes], "song.flac", { type: "audio/flac", lastModified: 1_700_000_000_000 });
}

/** What the service and the object store would hold and refuse. */
export class FakeService implements UploadApi {
  method: "put" | "multipart" = "multipart";
  state: "open" | "complete" | "aborted" = "open";
  readonly parts = new Map<number, Blob>();
  readonly announced: unknown[] = [];
  readonly signedNumbers: number[][] = [];
  readonly puts: Transfer[] = [];
  readonly aborted: string[] = [];
  listed = 0;
  completed = 0;
  runningPuts = 0;
  mostRunningPuts = 0;
  /** Statuses that the next PUTs are answered with; 200 when empty. */
  readonly answers: number[] = [];
  /** PUTs wait for it. */
  gate: Promise<void> = Promise.resolve();
  #uploads = 0;

  async create(announcement: Parameters<UploadApi["create"]>[0]) {
    this.announced.push(announcement);
    this.#uploads += 1;
    this.state = "open";
    this.parts.clear();
    const common = {
      upload_id: `${UPLOAD_ID.slice(0, -1)}${this.#uploads}`,
      state: "open" as const,
      size_bytes: announcement.size_bytes,
      expires_at: "2030-01-01T00:00:00Z",
    };
    return this.method === "put"
      ? {
          ...common,
          method: "put" as const,
          url: "http://store.test/whole",
          headers: { "If-None-Match": "*" },
        }
      : { ...common, method: "multipart" as const, part_size_bytes: PART_BYTES };
  }

  async sign(_uploadId: string, partNumbers: number[]) {
    this.signedNumbers.push(partNumbers);
    return partNumbers.map((number) => ({
      part_number: number,
      url: `http://store.test/part/${number}?${this.signedNumbers.length}`,
      headers: {},
    }));
  }

  async list(uploadId: string) {
    this.listed += 1;
    const parts = [...this.parts].map(([number, body]) => ({
      part_number: number,
      size_bytes: body.size,
      etag: `"${number}"`,
    }));
    return { upload_id: uploadId, state: this.state, part_size_bytes: PART_BYTES, part_count: 0, parts };
  }

  async complete(uploadId: string) {
    this.completed += 1;
    this.state = "complete";
    return {
      upload_id: uploadId,
      state: "complete" as const,
      method: this.method,
      size_bytes: 0,
      expires_at: "2030-01-01T00:00:00Z",
    };
  }

  async abort(uploadId: string) {
    this.aborted.push(uploadId);
  }

  put = async (transfer: Transfer): Promise<void> => {
    this.puts.push(transfer);
    this.runningPuts += 1;
    this.mostRunningPuts = Math.max(this.mostRunningPuts, this.runningPuts);
    try {
      await Promise.race([this.gate, rejectWhenAborted(transfer.signal)]);
      const status = this.answers.shift() ?? 200;
      if (status !== 200) throw new TransferError(status);
      transfer.onProgress(transfer.body.size);
      const number = Number(new URL(transfer.url).pathname.split("/").at(-1));
      this.parts.set(number || 1, transfer.body);
    } finally {
      this.runningPuts -= 1;
    }
  };

  /** Part numbers in the order in which they were sent. */
  get sentNumbers(): number[] {
    return this.puts.map(({ url }) => Number(new URL(url).pathname.split("/").at(-1)));
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

export function memoryOf(point?: ReturnType<ResumeMemory["read"]>): ResumeMemory {
  let kept = point;
  return {
    read: () => kept,
    write: (written) => {
      kept = written;
    },
    forget: () => {
      kept = undefined;
    },
  };
}

export function uploaderOf(file: File, service: FakeService, change: Partial<UploaderOptions> = {}) {
  return new MultipartUploader(file, {
    api: service,
    put: service.put,
    connections: new ConnectionPool(6),
    memory: memoryOf(),
    contentType: "audio/flac",
    onProgress: () => {},
    onOffline: () => {},
    retryDelay: () => 0,
    ...change,
  });
}

export function refusal(status: number, code: ApiProblem["code"]): ApiProblem {
  return new ApiProblem(`Refused with ${status}.`, { status, code });
}

/** Something that a test opens when it is time. */
export function gate(): { promise: Promise<void>; open: () => void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
