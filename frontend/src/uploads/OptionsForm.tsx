import { useModels } from "@/api/queries";
import type { ModelDescription } from "@/api/types";
import { strings } from "@/strings";
import { FormatFields } from "./FormatFields";
import { chosenModel, drumPartsObstacle, fitToModels, type JobOptions, songModels } from "./job-options";
import { ModelCards } from "./ModelCards";
import { changeJobOptions, useJobOptions } from "./options-store";
import { StemFields } from "./StemFields";
import "./options.css";

const text = strings.upload.options;

/** What the next songs are to become; remembered for the next visit. */
export function OptionsForm() {
  const options = useJobOptions();
  const models = useModels();
  return (
    <form className="options-form stack" aria-label={text.label} onSubmit={(event) => event.preventDefault()}>
      {models.isError ? (
        <div className="notice bad row" role="alert">
          <p>{text.modelsFailed}</p>
          <button type="button" className="button" onClick={() => void models.refetch()}>
            {strings.common.retry}
          </button>
        </div>
      ) : null}
      {models.isPending ? <p className="soft">{text.modelsLoading}</p> : null}
      {models.data ? <ModelFields options={options} models={models.data} /> : null}
      <FormatFields options={options} />
    </form>
  );
}

function ModelFields({ options, models }: { options: JobOptions; models: readonly ModelDescription[] }) {
  const wishes = fitToModels(options, models);
  const model = chosenModel(wishes, models);
  if (!model) return <p className="notice warn">{text.noModels}</p>;
  return (
    <>
      <ModelCards
        models={songModels(models)}
        chosen={model}
        onChoose={({ name }) => changeJobOptions(fitToModels({ ...options, model: name }, models))}
      />
      <StemFields options={wishes} model={model} />
      <DrumParts options={wishes} obstacle={drumPartsObstacle(model, models)} />
    </>
  );
}

function DrumParts(props: { options: JobOptions; obstacle: ReturnType<typeof drumPartsObstacle> }) {
  const { options, obstacle } = props;
  return (
    <fieldset>
      <legend>{text.drumParts}</legend>
      <label className="choice">
        <input
          type="checkbox"
          checked={options.drumParts}
          disabled={obstacle !== undefined}
          aria-describedby="drum-parts-hint"
          onChange={({ currentTarget }) => changeJobOptions({ drumParts: currentTarget.checked })}
        />
        {text.drumPartsWanted}
      </label>
      <p id="drum-parts-hint" className="small soft">
        {obstacle === undefined ? text.drumPartsHint : text.drumPartsObstacles[obstacle]}
      </p>
    </fieldset>
  );
}
