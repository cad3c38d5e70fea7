import { useEffect, useRef } from "react";
import { strings } from "@/strings";
import { UploadCard } from "./UploadCard";
import { uploads, useLastChanged, useUploads } from "./upload-store";

/** The songs that are on their way to the service. A song whose job has started is shown with the jobs instead. */
export function UploadList() {
  const songs = useUploads();
  const lastChanged = useLastChanged();
  useEffect(() => {
    void uploads.recall();
  }, []);
  const { place, noteClick } = useKeptFocus();
  const shown = songs.filter(({ phase }) => phase.name !== "started");
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only notes that a button inside was pressed.
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys press the buttons inside, which arrives here as a click.
    <div ref={place} tabIndex={-1} className="uploads" onClick={noteClick}>
      <p className="visually-hidden" aria-live="polite">
        {lastChanged ? strings.upload.announcement[lastChanged.phase.name](lastChanged.filename) : ""}
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
    </div>
  );
}

/** Keeps the keyboard's place when the button that was pressed goes away with what it did. */
function useKeptFocus() {
  const place = useRef<HTMLDivElement>(null);
  const wasPressed = useRef(false);
  useEffect(() => {
    if (!wasPressed.current || document.activeElement !== document.body) return;
    wasPressed.current = false;
    place.current?.focus({ preventScroll: true });
  });
  const noteClick = () => {
    wasPressed.current = true;
  };
  return { place, noteClick };
}
