import type { Report } from "@/api/types";
import { clock } from "@/player/ui/format";
import { inTrackOrder } from "@/player/ui/lanes";
import { strings } from "@/strings";
import { decimal, timingWords } from "./describe";
import { Fact } from "./Fact";
import { Levels } from "./Levels";
import { Model } from "./Model";
import { Music } from "./Music";
import { Residual } from "./Residual";

const text = strings.results;

/** All that a report tells, in words. */
export function ReportView({ report, cached }: { report: Report; cached: boolean }) {
  return (
    <section className="report stack" aria-labelledby="report-title">
      <h2 id="report-title">{text.about}</h2>
      {report.warnings.length > 0 && (
        <div className="notice warn">
          <h3>{text.warnings}</h3>
          <ul>
            {report.warnings.map(({ code, message }) => (
              <li key={code}>{message}</li>
            ))}
          </ul>
        </div>
      )}
      <div className="report-facts">
        <Music analysis={report.analysis} />
        <Source report={report} />
        <Residual decibels={report.residual_db} />
        <Levels stems={inTrackOrder(report.stems, ({ stem }) => stem)} />
        <Model title={text.model} model={report.model} />
        {report.kit_model && <Model title={text.kitModel} model={report.kit_model} />}
        <Timing report={report} cached={cached} />
      </div>
    </section>
  );
}

function Source({ report: { source } }: { report: Report }) {
  const rate = text.rate(decimal(source.sample_rate_hz / 1000, source.sample_rate_hz % 1000 === 0 ? 0 : 1));
  return (
    <Fact title={text.length} value={clock(source.duration_seconds)}>
      <p>{text.source(source.codec, rate, text.channels(source.channels))}</p>
    </Fact>
  );
}

function Timing({ report, cached }: { report: Report; cached: boolean }) {
  const details = [report.backend, report.precision].filter((detail) => detail !== null).join(", ");
  return (
    <Fact title={text.timing}>
      {cached && <p>{text.cached}</p>}
      <p>{timingWords(report)}</p>
      <p>{text.device(report.device, details)}</p>
      {report.skipped_seconds > 0 && <p>{text.skipped(decimal(report.skipped_seconds, 1))}</p>}
      <dl className="pairs">
        {Object.entries(report.seconds).map(([stage, seconds]) => (
          <div key={stage}>
            <dt>{stageName(stage)}</dt>
            <dd className="figures">{text.seconds(decimal(seconds, 1))}</dd>
          </div>
        ))}
      </dl>
    </Fact>
  );
}

/** A stage that is newer than this page goes by its own name. */
function stageName(stage: string): string {
  return stage in text.stages ? text.stages[stage as keyof typeof text.stages] : stage;
}
