import type { ModelDescription } from "@/api/types";
import { strings } from "@/strings";
import { type ModelHints, modelHints } from "./model-hints";

const text = strings.upload.options;

interface ModelCardsProps {
  models: readonly ModelDescription[];
  chosen: ModelDescription;
  onChoose: (model: ModelDescription) => void;
}

/** One card for each model, in words instead of its technical name. */
export function ModelCards({ models, chosen, onChoose }: ModelCardsProps) {
  return (
    <fieldset>
      <legend>{text.model}</legend>
      <div className="model-cards">
        {models.map((model) => (
          <label key={model.name} className="model-card">
            <input
              type="radio"
              name="model"
              value={model.name}
              checked={model.name === chosen.name}
              onChange={() => onChoose(model)}
            />
            <span className="model-text">
              <span className="model-title">{model.title}</span>
              <Hints hints={modelHints(model)} />
            </span>
          </label>
        ))}
      </div>
      <p className="model-terms small soft">
        {text.licence(chosen.licence)} · {text.commercialUse(chosen.commercial_use)}
      </p>
    </fieldset>
  );
}

function Hints({ hints }: { hints: ModelHints }) {
  return (
    <>
      <span className="small">
        {text.stemCount(hints.stems)} · {text.speeds[hints.speed]}
      </span>
      {hints.quality && <span className="small soft">{text.qualities[hints.quality]}</span>}
      <span className={hints.isCommercialUseAllowed ? "small good-text" : "small warn-text"}>
        {hints.isCommercialUseAllowed ? text.commercialUseAllowed : text.commercialUseUnclear}
      </span>
    </>
  );
}
