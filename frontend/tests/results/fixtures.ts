import type { Download, Downloads, Job, Report, Stem, StemReport } from "@/api/types";
import { JOB_ID, makeJob } from "../jobs/fixtures";

export function makeFile(filename: string, changes: Partial<Download> = {}): Download {
  return {
    url: `http://files.test/${encodeURIComponent(filename)}?signature=first`,
    filename,
    content_type: "audio/wav",
    size_bytes: 1_500_000,
    sha256: "0".repeat(64),
    ...changes,
  };
}

export function makeDownloads(changes: Partial<Downloads> = {}): Downloads {
  return {
    stems: { vocals: makeFile("song - vocals.wav"), drums: makeFile("song - drums.wav") },
    report: makeFile("report.json", { size_bytes: 2000 }),
    archive: null,
    previews: {},
    preview_index: null,
    expires_at: "2099-01-01T00:00:00Z",
    ...changes,
  };
}

export function makeFinishedJob(changes: Partial<Job> = {}): Job {
  return makeJob({
    state: "completed",
    stage: null,
    progress: 1,
    stems: ["vocals", "drums"],
    extras: { drum_parts: false, analysis: true, previews: false, archive: false },
    downloads: makeDownloads(),
    ...changes,
  });
}

export function makeStemReport(stem: Stem, changes: Partial<StemReport> = {}): StemReport {
  return {
    stem,
    peak: 0.8,
    rms_dbfs: -18,
    silent: false,
    loudness_lufs: -17.24,
    true_peak_dbtp: -1.3,
    clipped_samples: 0,
    ...changes,
  };
}

/** A report with every part. */
export function makeReport(changes: Partial<Report> = {}): Report {
  return {
    job_id: JOB_ID,
    attempt: 1,
    created_at: "2026-03-01T12:00:00Z",
    source: {
      container: "mp3",
      codec: "mp3",
      sample_rate_hz: 48_000,
      channels: 2,
      samples: 8_640_000,
      duration_seconds: 180,
    },
    model: {
      name: "foundry_4s",
      digest: "abcdef0123456789abcdef",
      licence: "MIT",
      provenance: "Own synthetic songs.",
      commercial_use: "Allowed.",
    },
    kit_model: null,
    output: { format: "wav", original_sample_rate: false },
    sample_rate_hz: 44_100,
    samples: 7_938_000,
    device: "cpu",
    backend: "openvino",
    precision: "fp32",
    seconds: { decoding: 0.5, separating: 9, encoding: 0.5 },
    trace: {},
    skipped_seconds: 0,
    real_time_factor: 18,
    residual_db: -42.31,
    common_gain_db: 0,
    stems: [makeStemReport("vocals"), makeStemReport("drums")],
    analysis: {
      tempo: {
        bpm: 120.04,
        confidence: 0.8,
        alternatives: [
          { bpm: 60, strength: 0.4 },
          { bpm: 240, strength: 0.2 },
        ],
        beat_source: "drums",
        beats_seconds: [0, 0.5],
      },
      key: {
        tonic: "C#",
        mode: "minor",
        confidence: 0.5,
        camelot: "12A",
        relative: "E major",
        tuning_cents: -12,
      },
    },
    warnings: [],
    ...changes,
  };
}
