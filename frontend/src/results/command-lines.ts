import type { Job } from "@/api/types";

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** A word as a POSIX shell reads it back unchanged. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A file in the current folder whose name cannot be taken for an option. */
function filePath(name: string): string {
  return name.startsWith("-") || name.startsWith("@") ? `./${name}` : name;
}

/**
 * The command line that does the same job again.
 *
 * @param apiUrl origin of the service.
 */
export function cliCommand(job: Job, apiUrl: string): string {
  const { output, extras } = job;
  const words = ["stems", "--api-url", apiUrl, "separate", filePath(job.filename)];
  words.push("--model", job.model, "--stems", job.stems.join(","), "--format", output.format);
  if (output.bit_depth != null) words.push("--bit-depth", String(output.bit_depth));
  if (output.bitrate_kbps != null) words.push("--bitrate", String(output.bitrate_kbps));
  if (output.original_sample_rate) words.push("--original-sample-rate");
  if (extras.drum_parts) words.push("--drum-parts");
  if (!extras.analysis) words.push("--no-analysis");
  if (!extras.previews) words.push("--no-previews");
  if (extras.archive) words.push("--archive");
  return words.map(shellWord).join(" ");
}

/** What `POST /v1/jobs` is sent for the same job, but for the upload. */
function jobBody(job: Job): string {
  const { format, bit_depth, bitrate_kbps, original_sample_rate } = job.output;
  return JSON.stringify({
    model: job.model,
    stems: job.stems,
    output: {
      format,
      ...(bit_depth != null && { bit_depth }),
      ...(bitrate_kbps != null && { bitrate_kbps }),
      ...(original_sample_rate && { original_sample_rate }),
    },
    ...job.extras,
  });
}

/**
 * The requests that do the same job again, as a script for a POSIX shell with curl and jq.
 *
 * @param apiUrl origin of the service.
 */
export function curlCommands(job: Job, apiUrl: string): string {
  const file = shellWord(filePath(job.filename));
  const json = `-H 'Content-Type: application/json'`;
  return [
    `API=${shellWord(apiUrl)}`,
    `FILE=${file}`,
    `AUTH="Authorization: Bearer $(curl -sS -X POST "$API/v1/sessions" | jq -r .token)"`,
    `UPLOAD=$(jq -n --arg name "$(basename "$FILE")" --argjson size "$(wc -c < "$FILE")" \\`,
    `    '{filename: $name, size_bytes: $size}' |`,
    `  curl -sS -H "$AUTH" ${json} -d @- "$API/v1/uploads")`,
    `ID=$(printf %s "$UPLOAD" | jq -r .upload_id)`,
    `printf %s "$UPLOAD" | jq -r '.headers | to_entries[] | "\\(.key): \\(.value)"' |`,
    `  curl -sS -X PUT -H @- --data-binary @"$FILE" "$(printf %s "$UPLOAD" | jq -r .url)"`,
    `curl -sS -X POST -H "$AUTH" "$API/v1/uploads/$ID/complete"`,
    `printf %s ${shellWord(jobBody(job))} | jq --arg upload "$ID" '.upload_id = $upload' |`,
    `  curl -sS -H "$AUTH" ${json} -d @- "$API/v1/jobs"`,
  ].join("\n");
}
