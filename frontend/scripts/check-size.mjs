// Fails the build when what the first view loads has grown beyond its budget.
import { readFileSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 120_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

function staticFiles(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const imported of manifest[name].imports ?? []) staticFiles(imported, seen);
  return seen;
}

const files = [...staticFiles("index.html")].map((name) => manifest[name].file);
const sizes = files.map((file) => gzipSync(readFileSync(new URL(file, dist))).length);
const total = sizes.reduce((sum, size) => sum + size, 0);
console.log(`First load: ${total} bytes of JavaScript, gzip (budget ${BUDGET_BYTES})`);
if (total > BUDGET_BYTES) {
  for (const [position, file] of files.entries()) console.error(`  ${sizes[position]}  ${file}`);
  process.exit(1);
}

// It is for this check alone; what lies in dist is served.
rmSync(new URL(".vite", dist), { recursive: true });
