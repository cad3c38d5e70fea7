import type { StemReport } from "@/api/types";
import { strings } from "@/strings";
import { decimal } from "./describe";
import { Fact } from "./Fact";

const text = strings.results;

/** Loudness and true peak of each stem. */
export function Levels({ stems }: { stems: readonly StemReport[] }) {
  const clipped = stems.reduce((sum, stem) => sum + stem.clipped_samples, 0);
  return (
    <Fact title={text.levels} wide>
      <table className="levels">
        <thead>
          <tr>
            <th scope="col">{text.stem}</th>
            <th scope="col">{text.loudness}</th>
            <th scope="col">{text.truePeak}</th>
          </tr>
        </thead>
        <tbody>
          {stems.map((stem) => (
            <tr key={stem.stem}>
              <th scope="row">{strings.common.stems[stem.stem]}</th>
              <td>{level(stem, stem.loudness_lufs, text.lufs)}</td>
              <td>{level(stem, stem.true_peak_dbtp, text.dbtp)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {clipped > 0 && <p>{text.clipped(decimal(clipped, 0))}</p>}
    </Fact>
  );
}

function level(stem: StemReport, value: number | null, name: (value: string) => string): string {
  if (value !== null) return name(decimal(value, 1));
  return stem.silent ? text.silent : text.notMeasured;
}
