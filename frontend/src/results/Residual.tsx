import { strings } from "@/strings";
import { decimal, residualWords } from "./describe";
import { Fact } from "./Fact";

const text = strings.results;

/** How much of the song the stems leave out, in dB of the song. */
export function Residual({ decibels }: { decibels: number | null }) {
  if (decibels === null) {
    return (
      <Fact title={text.quality}>
        <p>{text.noResidual}</p>
      </Fact>
    );
  }
  return (
    <Fact title={text.quality} value={text.residual(decimal(decibels, 1))}>
      <p>{residualWords(decibels)}</p>
      <p className="soft">{text.residualCaution}</p>
    </Fact>
  );
}
