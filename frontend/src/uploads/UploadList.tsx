import { useEffect } from "react";
import { strings } from "@/strings";
import { UploadCard } from "./UploadCard";
import { uploads, useUploads } from "./upload-store";

/** The songs that are on their way to the service. A song whose job has started is shown with the jobs instead. */
export function UploadList() {
  const songs = useUploads();
  useEffect(() => {
    void uploads.recall();
  }, []);
  const shown = songs.filter(({ phase }) => phase.name !== "started");
  const latest = songs.at(-1);
  return (
    <>
      <p className="visually-hidden" aria-live="polite">
        {latest ? strings.upload.announcement[latest.phase.name](latest.filename) : ""}
      </p>
      {shown.length > 0 ? (
        <ul className="upload-list stack" aria-label={strings.upload.list}>
          {shown.map((song) => (
            <li key={song.id}>
              <UploadCard song={song} />
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
