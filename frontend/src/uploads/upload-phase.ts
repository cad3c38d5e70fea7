import type { RoomWait } from "./job-start";

/** Where a song is on its way to becoming a job. */
export type UploadPhase =
  | { readonly name: "checking" }
  | { readonly name: "rejected"; readonly reason: string }
  | {
      readonly name: "uploading";
      readonly sentBytes: number;
      /** Over the last seconds; undefined while not known. */
      readonly bytesPerSecond: number | undefined;
      readonly secondsLeft: number | undefined;
    }
  | { readonly name: "paused"; readonly sentBytes: number }
  | { readonly name: "offline"; readonly sentBytes: number }
  /** Begun on an earlier page; the browser has to be given the file again. */
  | { readonly name: "interrupted"; readonly sentBytes: number; readonly hint: string | undefined }
  | { readonly name: "failed"; readonly sentBytes: number; readonly reason: string }
  | { readonly name: "starting"; readonly wait: RoomWait | undefined }
  | { readonly name: "started"; readonly jobId: string };

/** A song on its way to the service, as the page shows it. */
export interface SongUpload {
  readonly id: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly phase: UploadPhase;
}
