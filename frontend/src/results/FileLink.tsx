import { type MouseEvent, useState } from "react";
import type { Download } from "@/api/types";
import { fileSize } from "@/shared/format";
import { strings } from "@/strings";
import type { ChooseFile, ResultLinks } from "./result-links";
import { followDownload } from "./save-file";
import { reasonOf } from "./use-task";

interface FileLinkProps {
  readonly file: Download;
  readonly links: ResultLinks;
  readonly choose: ChooseFile;
}

/** A link to one file. When it has ended by the time of the click, a fresh one is followed instead. */
export function FileLink({ file, links, choose }: FileLinkProps) {
  const [problem, setProblem] = useState<string>();
  const size = fileSize(file.size_bytes);

  const followFresh = async () => {
    try {
      const fresh = choose(await links.renew());
      if (!fresh) throw new Error(strings.results.noFiles);
      followDownload(fresh.url, fresh.filename);
    } catch (failure) {
      setProblem(strings.results.linkFailed(reasonOf(failure)));
    }
  };
  const follow = (event: MouseEvent) => {
    setProblem(undefined);
    if (links.areValid()) return;
    event.preventDefault();
    void followFresh();
  };
  return (
    <>
      <span className="file-name small soft">{file.filename}</span>
      <span className="figures small soft">{size}</span>
      <a
        className="button"
        href={file.url}
        download={file.filename}
        aria-label={strings.results.downloadFile(file.filename, size)}
        onClick={follow}
      >
        {strings.results.downloadShort}
      </a>
      <div role="alert" className="file-problem">
        {problem && <p className="notice bad small">{problem}</p>}
      </div>
    </>
  );
}
