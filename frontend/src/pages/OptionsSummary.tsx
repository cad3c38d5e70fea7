import { useModels } from "@/api/queries";
import { strings } from "@/strings";
import { chosenModel, type JobOptions } from "@/uploads/job-options";
import { useJobOptions } from "@/uploads/options-store";

const text = strings.home.summary;

function stemsOf({ stems, drumParts }: JobOptions): string {
  const chosen =
    stems === "all"
      ? text.allStems
      : stems === "two"
        ? text.twoStems
        : stems.map((stem) => strings.common.stems[stem]).join(", ");
  return drumParts ? `${chosen} ${text.andDrumParts}` : chosen;
}

function formatOf({ format, bitDepth, bitrateKbps }: JobOptions): string {
  return format === "mp3" || format === "m4a"
    ? text.lossy(format.toUpperCase(), bitrateKbps)
    : text.lossless(format.toUpperCase(), bitDepth);
}

/** The current choice in one line, so that the options need not be opened to know it. */
export function OptionsSummary() {
  const options = useJobOptions();
  const { data: models = [] } = useModels();
  const model = chosenModel(options, models);
  return (
    <span className="soft small">
      {[...(model ? [model.title] : []), stemsOf(options), formatOf(options)].join(" · ")}
    </span>
  );
}
