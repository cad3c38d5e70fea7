// The page of the local service: choose a song, watch it being separated, listen, download, delete.
// Audio goes straight to and from the object store; everything else through /v1.

const SIGNING_BATCH = 100;
const POLL_SECONDS = 2;
const FINAL = new Set(["completed", "failed", "cancelled"]);
const STAGES = {
  waiting: "Waiting",
  starting_gpu: "Starting a worker",
  downloading: "Fetching the song",
  decoding: "Decoding",
  separating: "Separating",
  encoding: "Encoding",
  uploading: "Storing the stems",
};
const $ = (id) => document.getElementById(id);

// --- the API ---------------------------------------------------------------------------------------

class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? `The service answered ${status}.`);
    this.status = status;
  }
}

async function requestSession() {
  const response = await fetch("/v1/sessions", { method: "POST" });
  const body = await response.json();
  if (!response.ok) throw new Problem(response.status, body);
  localStorage.setItem("token", body.token);
  return body.token;
}

// Two calls that find no valid token must not become two owners.
let renewing = null;
function renewSession() {
  renewing ??= requestSession().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function call(method, path, { body, headers = {} } = {}, mayRenew = true) {
  const token = localStorage.getItem("token") ?? (await renewSession());
  const response = await fetch(path, {
    method,
    headers: {
      ...headers,
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status === 401 && mayRenew) {
    await renewSession();
    return call(method, path, { body, headers }, false);
  }
  if (response.status === 304) return { response, data: null };
  const data = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, data);
  return { response, data };
}

// --- uploading -------------------------------------------------------------------------------------

function put(url, headers, blob, onSent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      // The browser sets the length itself, from the blob.
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onload = () =>
      request.status < 300 ? resolve() : reject(new Error(`The storage refused the file (${request.status}).`));
    request.onerror = () => reject(new Error("The connection broke while the file was being sent."));
    request.send(blob);
  });
}

async function sendParts(upload, file, onSent) {
  for (let first = 1; first <= upload.part_count; first += SIGNING_BATCH) {
    const last = Math.min(first + SIGNING_BATCH - 1, upload.part_count);
    const part_numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const { data } = await call("POST", `/v1/uploads/${upload.upload_id}/parts`, { body: { part_numbers } });
    for (const part of data.parts) {
      const start = (part.part_number - 1) * upload.part_size_bytes;
      const blob = file.slice(start, start + upload.part_size_bytes);
      await put(part.url, part.headers, blob, (sent) => onSent(start + sent));
    }
  }
}

async function sendFile(file, onProgress) {
  const { data: upload } = await call("POST", "/v1/uploads", {
    body: {
      filename: file.name,
      size_bytes: file.size,
      content_type: file.type || "application/octet-stream",
    },
  });
  const onSent = (bytes) => onProgress(bytes / file.size);
  if (upload.method === "put") await put(upload.url, upload.headers, file, onSent);
  else await sendParts(upload, file, onSent);
  await call("POST", `/v1/uploads/${upload.upload_id}/complete`, { body: {} });
  return upload.upload_id;
}

// --- showing a job ---------------------------------------------------------------------------------

function duration(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

function statusText(job) {
  if (job.state === "completed") return `Done${job.cached ? ", from an earlier run" : ""}: ${job.model}`;
  if (job.state === "failed") return "Failed";
  if (job.state === "cancelled") return "Cancelled";
  if (job.cancel_requested) return "Stopping";
  const parts = [STAGES[job.stage] ?? "Working"];
  if (job.jobs_ahead) parts.push(`${job.jobs_ahead} before it`);
  if (job.state === "processing") parts.push(`${Math.floor(job.progress * 100)} %`);
  if (job.attempt > 1) parts.push(`attempt ${job.attempt}`);
  if (job.eta_seconds != null) parts.push(`about ${duration(job.eta_seconds)} left`);
  return parts.join(" · ");
}

function fileRow(name, file, playable) {
  const row = document.createElement("li");
  const title = document.createElement("span");
  title.textContent = name;
  const link = document.createElement("a");
  link.href = file.url;
  link.download = file.filename;
  link.textContent = "Download";
  link.setAttribute("aria-label", `Download ${name}`);
  row.append(title);
  if (playable) {
    const player = document.createElement("audio");
    player.controls = true;
    player.preload = "none";
    player.src = file.url;
    player.setAttribute("aria-label", `Play ${name}`);
    row.append(player);
  } else row.append(document.createElement("span"));
  row.append(link);
  return row;
}

class JobCard {
  constructor(title, { first = false } = {}) {
    this.element = $("job-template").content.firstElementChild.cloneNode(true);
    this.part("h3").textContent = title;
    this.part(".cancel").onclick = () => this.act("POST", "/cancel");
    this.part(".delete").onclick = () => this.act("DELETE", "");
    this.part(".actions").hidden = true;
    if (first) $("jobs").prepend(this.element);
    else $("jobs").append(this.element);
    $("no-jobs").hidden = true;
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  uploading(fraction) {
    this.part(".status").textContent = `Sending · ${Math.floor(fraction * 100)} %`;
    this.part("progress").value = fraction;
  }

  problem(error) {
    this.part(".error").textContent = error.message;
  }

  show(job) {
    this.job = job;
    const finished = FINAL.has(job.state);
    const status = this.part(".status");
    const text = statusText(job);
    if (status.textContent !== text) status.textContent = text;
    const bar = this.part("progress");
    bar.hidden = finished;
    if (job.state === "queued") bar.removeAttribute("value");
    else bar.value = job.progress;
    this.part(".error").textContent = job.error?.message ?? "";
    this.part(".warnings").replaceChildren(
      ...job.warnings.map((warning) => Object.assign(document.createElement("li"), { textContent: warning.message })),
    );
    this.part(".actions").hidden = false;
    this.part(".cancel").hidden = finished;
    if (job.downloads) {
      this.part(".files").replaceChildren(
        ...Object.entries(job.downloads.stems).map(([stem, file]) => fileRow(stem, file, true)),
        fileRow("report", job.downloads.report, false),
      );
    }
  }

  async act(method, suffix) {
    const buttons = this.element.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    try {
      const { data } = await call(method, `/v1/jobs/${this.job.job_id}${suffix}`);
      if (method === "DELETE") this.remove();
      else this.show(data);
    } catch (error) {
      this.problem(error);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  remove() {
    this.removed = true;
    this.element.remove();
    $("no-jobs").hidden = $("jobs").childElementCount > 0;
    $("file").focus();
  }

  async follow(jobId) {
    let tag = null;
    while (!this.removed) {
      let pause = POLL_SECONDS;
      try {
        const headers = tag ? { "If-None-Match": tag } : {};
        const { response, data } = await call("GET", `/v1/jobs/${jobId}`, { headers });
        if (data) this.show(data);
        if (FINAL.has(this.job.state)) return;
        tag = response.headers.get("ETag") ?? tag;
        pause = this.job.poll_after_seconds ?? POLL_SECONDS;
      } catch (error) {
        if (this.removed) return;
        this.problem(error);
        if (error.status === 404 || error.status === 410) return;
      }
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    }
  }
}

// --- the form --------------------------------------------------------------------------------------

let models = [];

function showModel() {
  const model = models.find(({ name }) => name === $("model").value);
  if (!model) return;
  $("stems").replaceChildren(
    ...model.stems.map((stem) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), {
        type: "checkbox",
        name: "stems",
        value: stem,
        checked: stem !== "instrumental",
      });
      label.append(box, ` ${stem}`);
      return label;
    }),
  );
  $("model-note").textContent = `${model.title}. Licence: ${model.licence}. Commercial use: ${model.commercial_use}`;
}

async function loadModels() {
  const { data } = await call("GET", "/v1/models");
  models = data.models;
  $("model").replaceChildren(...models.map(({ name, default: chosen }) => new Option(name, name, chosen, chosen)));
  $("model").onchange = showModel;
  showModel();
}

async function loadJobs() {
  const { data } = await call("GET", "/v1/jobs?limit=20");
  for (const job of data.jobs) {
    const card = new JobCard(job.filename);
    card.show(job);
    // Lists carry no links, so that a finished job is asked for once more.
    card.follow(job.job_id);
  }
}

async function submit(event) {
  event.preventDefault();
  $("form-error").textContent = "";
  const form = new FormData(event.target);
  const file = form.get("file");
  const stems = form.getAll("stems");
  if (stems.length === 0) {
    $("form-error").textContent = "Choose at least one stem.";
    return;
  }
  const card = new JobCard(file.name, { first: true });
  card.uploading(0);
  card.element.focus();
  try {
    const upload_id = await sendFile(file, (fraction) => card.uploading(fraction));
    const { data: job } = await call("POST", "/v1/jobs", {
      body: { upload_id, model: form.get("model"), stems, output: { format: form.get("format") } },
      headers: { "Idempotency-Key": crypto.randomUUID() },
    });
    card.show(job);
    await card.follow(job.job_id);
  } catch (error) {
    card.remove();
    $("form-error").textContent = `${file.name}: ${error.message}`;
  }
}

$("new-job").addEventListener("submit", submit);
Promise.all([loadModels(), loadJobs()]).catch((error) => {
  $("form-error").textContent = error.message;
});
