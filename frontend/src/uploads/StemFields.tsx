import type { ModelDescription, Stem } from "@/api/types";
import { strings } from "@/strings";
import { type JobOptions, offersTwoStems, ownStems } from "./job-options";
import { changeJobOptions } from "./options-store";

const text = strings.upload.options;

/** Two, all, or a choice of the stems that a model gives. */
export function StemFields({ options, model }: { options: JobOptions; model: ModelDescription }) {
  const { stems } = options;
  const own = typeof stems === "string" ? undefined : stems;
  const all = ownStems(model);
  const toggle = (stem: Stem) => {
    const chosen = new Set(own);
    if (!chosen.delete(stem)) chosen.add(stem);
    // Without any stem there would be no job.
    if (chosen.size > 0) changeJobOptions({ stems: model.stems.filter((offered) => chosen.has(offered)) });
  };
  const choice = (label: string, isChosen: boolean, value: JobOptions["stems"]) => (
    <label className="choice">
      <input
        type="radio"
        name="stems"
        checked={isChosen}
        onChange={() => changeJobOptions({ stems: value })}
      />
      {label}
    </label>
  );
  return (
    <fieldset>
      <legend>{text.stems}</legend>
      <div className="choices">
        {offersTwoStems(model) ? choice(text.twoStems, stems === "two", "two") : null}
        {choice(text.allStems(all.length), stems === "all", "all")}
        {choice(text.ownStems, own !== undefined, own ?? all)}
      </div>
      {own ? (
        <fieldset className="choices" aria-label={text.ownStems}>
          {model.stems.map((stem) => (
            <label key={stem} className="choice">
              <input
                type="checkbox"
                checked={own.includes(stem)}
                disabled={own.length === 1 && own.includes(stem)}
                onChange={() => toggle(stem)}
              />
              {strings.common.stems[stem]}
            </label>
          ))}
        </fieldset>
      ) : null}
    </fieldset>
  );
}
