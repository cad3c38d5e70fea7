import type { ModelDescription } from "@/api/types";
import { ownStems } from "./job-options";

/** What a model means to somebody who does not know models. */
export interface ModelHints {
  /** Stems of the model's own. */
  readonly stems: number;
  readonly speed: "instant" | "fast" | "normal" | "slow";
  /** Nothing where nobody has judged the model. */
  readonly quality: ModelDescription["quality"];
  readonly isCommercialUseAllowed: boolean;
}

/** Derived from what the service tells. */
export function modelHints(model: ModelDescription): ModelHints {
  return {
    stems: ownStems(model).length,
    speed: speedOf(model.relative_cost),
    quality: model.quality,
    isCommercialUseAllowed: model.commercial_use.toLowerCase().startsWith("allowed"),
  };
}

function speedOf(relativeCost: number): ModelHints["speed"] {
  if (relativeCost < 0.3) return "instant";
  if (relativeCost < 0.9) return "fast";
  return relativeCost < 2 ? "normal" : "slow";
}
