import type { ModelDescription } from "@/api/types";

export function modelOf(change: Partial<ModelDescription>): ModelDescription {
  return {
    name: "four",
    title: "Four stems",
    purpose: "song",
    stems: ["drums", "bass", "other", "vocals", "instrumental"],
    default: false,
    bundled: true,
    architecture: "mask_network",
    digest: "0".repeat(64),
    licence: "MIT",
    provenance: "Made for tests",
    commercial_use: "Allowed",
    relative_cost: 0.5,
    quality: "draft",
    ...change,
  };
}

export const MODELS: readonly ModelDescription[] = [
  modelOf({ default: true }),
  modelOf({
    name: "six",
    title: "Six stems",
    stems: ["drums", "bass", "other", "vocals", "guitar", "piano", "instrumental"],
    bundled: false,
    licence: "Disputed",
    commercial_use: "Unclear: take advice.",
    relative_cost: 4,
    quality: "best",
  }),
];
