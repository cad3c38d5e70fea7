import { useState } from "react";
import type { Job, Stem } from "@/api/types";
import type { Player } from "@/player/engine";
import { inTrackOrder } from "@/player/ui/lanes";
import { moment } from "@/shared/format";
import { strings } from "@/strings";
import { FileLink } from "./FileLink";
import { MixDownload } from "./MixDownload";
import type { ResultLinks } from "./result-links";
import { ZipDownload } from "./ZipDownload";
import type { StemFile } from "./zip-stems";

const text = strings.results;

interface DownloadsProps {
  readonly job: Job;
  readonly links: ResultLinks;
  /** Of the same song, once it is there. */
  readonly player: Player | undefined;
  /** Whether the service keeps the files for a time. */
  readonly isKept: boolean;
}

/** Everything that can be taken home. */
export function Downloads({ job, links, player, isKept }: DownloadsProps) {
  const { stems, archive, report } = links.current;
  const delivered = Object.entries(stems).map(([stem, file]): StemFile => ({ stem: stem as Stem, file }));
  const files = inTrackOrder(delivered, ({ stem }) => stem);
  const [left, setLeft] = useState<ReadonlySet<Stem>>(new Set());
  const choose = (stem: Stem, wanted: boolean) => {
    setLeft((before) => {
      const after = new Set(before);
      if (wanted) after.delete(stem);
      else after.add(stem);
      return after;
    });
  };
  return (
    <section className="downloads card stack" aria-labelledby="downloads-title">
      <h2 id="downloads-title">{text.downloads}</h2>
      <fieldset>
        <legend className="visually-hidden">{text.zipChoose}</legend>
        <ul className="files">
          {files.map(({ stem, file }) => (
            <li key={stem} className="file">
              <label>
                <input
                  type="checkbox"
                  checked={!left.has(stem)}
                  onChange={(event) => choose(stem, event.target.checked)}
                />
                <span className="file-stem" style={{ borderColor: `var(--stem-${stem})` }}>
                  {strings.common.stems[stem]}
                </span>
              </label>
              <FileLink file={file} links={links} choose={(downloads) => downloads.stems[stem]} />
            </li>
          ))}
        </ul>
      </fieldset>
      <ZipDownload job={job} files={files.filter(({ stem }) => !left.has(stem))} links={links} />
      {player && (
        <MixDownload job={job} links={links} player={player} stems={files.map(({ stem }) => stem)} />
      )}
      <ul className="files others">
        {archive && (
          <li className="file">
            <span>{text.archive}</span>
            <FileLink file={archive} links={links} choose={(downloads) => downloads.archive} />
          </li>
        )}
        <li className="file">
          <span>{text.report}</span>
          <FileLink file={report} links={links} choose={(downloads) => downloads.report} />
        </li>
      </ul>
      {isKept && <p className="small soft">{text.keptUntil(moment(job.retention_ends_at))}</p>}
    </section>
  );
}
