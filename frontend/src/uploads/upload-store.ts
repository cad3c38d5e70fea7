import { useSyncExternalStore } from "react";
import type { Job } from "@/api/types";
import { strings } from "@/strings";
import { fingerprintOf, rememberedUploads } from "./resume-memory";
import { takenUploads } from "./upload-lock";
import type { SongUpload, UploadPhase } from "./upload-phase";
import { UploadTask, type UploadTaskOptions } from "./upload-task";

interface Entry {
  readonly task: UploadTask;
  readonly fingerprint: string;
  song: SongUpload;
}

/** Phases in which leaving the page would lose bytes or a job. */
const UNSAFE_TO_LEAVE = new Set<UploadPhase["name"]>(["uploading", "offline", "starting"]);
/** Phases in which the same file may be given again. */
const REPLACEABLE = new Set<UploadPhase["name"]>(["rejected", "failed", "started"]);

let entries: readonly Entry[] = [];
let songs: readonly SongUpload[] = [];
let lastChanged: SongUpload | undefined;
const listeners = new Set<() => void>();
const jobListeners = new Set<(job: Job) => void>();

function warnBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function publish(): void {
  songs = entries.map(({ song }) => song);
  const isUnsafe = songs.some(({ phase }) => UNSAFE_TO_LEAVE.has(phase.name));
  if (isUnsafe) window.addEventListener("beforeunload", warnBeforeLeaving);
  else window.removeEventListener("beforeunload", warnBeforeLeaving);
  for (const listener of listeners) listener();
}

function add(source: Omit<UploadTaskOptions, "onPhase" | "onJob">): void {
  const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const task = new UploadTask({
    ...source,
    onPhase: (phase) => change(id, phase),
    onJob: (job) => {
      for (const listener of jobListeners) listener(job);
    },
  });
  const { filename, sizeBytes, fingerprint } = source;
  const song: SongUpload = { id, filename, sizeBytes, phase: { name: "checking" } };
  entries = [...entries, { task, fingerprint, song }];
  publish();
  void task.begin();
}

function change(id: string, phase: UploadPhase): void {
  const entry = entries.find(({ song }) => song.id === id);
  if (!entry) return;
  const isNew = entry.song.phase.name !== phase.name;
  entry.song = { ...entry.song, phase };
  if (isNew) lastChanged = entry.song;
  publish();
}

function take(id: string): Entry | undefined {
  const entry = entries.find(({ song }) => song.id === id);
  entries = entries.filter((other) => other !== entry);
  publish();
  return entry;
}

function taskOf(id: string): UploadTask | undefined {
  return entries.find(({ song }) => song.id === id)?.task;
}

function addFile(file: File): void {
  const fingerprint = fingerprintOf(file);
  const known = entries.find((entry) => entry.fingerprint === fingerprint);
  if (known?.song.phase.name === "interrupted") {
    void known.task.provide(file);
    return;
  }
  // The same file twice at the same time: the first one goes on.
  if (known && !REPLACEABLE.has(known.song.phase.name)) return;
  if (known) take(known.song.id);
  add({ fingerprint, filename: file.name, sizeBytes: file.size, file });
}

/** The songs on their way to the service, and what can be done with them. */
export const uploads = {
  /** Begins with files that were dropped, picked or pasted. */
  addFiles(files: Iterable<File>): void {
    for (const file of files) addFile(file);
  },

  /** Brings back what an earlier page left behind, except what another tab is working on. */
  async recall(): Promise<void> {
    const taken = await takenUploads();
    for (const [fingerprint, { filename, sizeBytes }] of Object.entries(rememberedUploads())) {
      const isShown = entries.some((entry) => entry.fingerprint === fingerprint);
      if (!isShown && !taken.has(fingerprint)) add({ fingerprint, filename, sizeBytes });
    }
  },

  /** Goes on with an interrupted upload; says so on the card when the file is another one. */
  continueWith(id: string, file: File): void {
    const entry = entries.find(({ song }) => song.id === id);
    if (entry?.song.phase.name !== "interrupted") return;
    if (entry.fingerprint === fingerprintOf(file)) void entry.task.provide(file);
    else change(id, { ...entry.song.phase, hint: strings.upload.interrupted.otherFile(entry.song.filename) });
  },

  pause: (id: string): void => taskOf(id)?.pause(),
  resume: (id: string): void => taskOf(id)?.resume(),
  retry: (id: string): void => void taskOf(id)?.retry(),

  /** Stops an upload and forgets it, here and at the service. */
  cancel: (id: string): void => void take(id)?.task.cancel(),
};

/** Tells of every job that came out of an upload of this page. */
export function subscribeJobStarted(listener: (job: Job) => void): () => void {
  jobListeners.add(listener);
  return () => jobListeners.delete(listener);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useUploads(): readonly SongUpload[] {
  return useSyncExternalStore(subscribe, () => songs);
}

/** The song that entered a phase last, as it was then. */
export function useLastChanged(): SongUpload | undefined {
  return useSyncExternalStore(subscribe, () => lastChanged);
}
