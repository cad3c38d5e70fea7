import type { KeyReport, Report, TempoReport } from "@/api/types";
import { strings } from "@/strings";
import { alternativeTempos, confidenceWord, decimal, keyName, tuningWords } from "./describe";
import { Fact } from "./Fact";

const text = strings.results;

/** Tempo and key, where they were asked for. */
export function Music({ analysis }: { analysis: Report["analysis"] }) {
  if (!analysis) {
    return (
      <Fact title={`${text.tempo}, ${text.key}`}>
        <p>{text.noAnalysis}</p>
      </Fact>
    );
  }
  return (
    <>
      <Tempo tempo={analysis.tempo} />
      <Key musicalKey={analysis.key} />
    </>
  );
}

function Tempo({ tempo }: { tempo: TempoReport | null }) {
  if (!tempo) {
    return (
      <Fact title={text.tempo}>
        <p>{text.noTempo}</p>
      </Fact>
    );
  }
  const alternatives = alternativeTempos(tempo);
  return (
    <Fact title={text.tempo} value={text.bpm(decimal(tempo.bpm, 1))}>
      <p>{text.tempoConfidence[confidenceWord(tempo.confidence)]}</p>
      {alternatives && <p>{text.tempoAlternatives(alternatives)}</p>}
      {tempo.beat_source === "mixture" && <p>{text.beatsFromMixture}</p>}
    </Fact>
  );
}

function Key({ musicalKey }: { musicalKey: KeyReport | null }) {
  if (!musicalKey) {
    return (
      <Fact title={text.key}>
        <p>{text.noKey}</p>
      </Fact>
    );
  }
  const tuning = tuningWords(musicalKey);
  return (
    <Fact title={text.key} value={keyName(musicalKey)}>
      <p>{text.camelot(musicalKey.camelot)}</p>
      <p>{text.relative(musicalKey.relative.replace("#", "♯"))}</p>
      <p>{text.keyConfidence[confidenceWord(musicalKey.confidence)]}</p>
      {tuning && <p>{tuning}</p>}
    </Fact>
  );
}
