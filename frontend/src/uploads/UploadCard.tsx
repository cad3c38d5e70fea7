import { useId, useRef } from "react";
import { fileSize, percent } from "@/shared/format";
import { ProgressBar } from "@/shared/ProgressBar";
import { strings } from "@/strings";
import { duration } from "./format";
import { ACCEPT } from "./media-types";
import type { SongUpload, UploadPhase } from "./upload-phase";
import { uploads } from "./upload-store";

const text = strings.upload.card;

/** Phases with a bar; of the others it would say nothing. */
function sentBytesOf(phase: UploadPhase): number | undefined {
  return "sentBytes" in phase ? phase.sentBytes : undefined;
}

function statusOf({ filename, phase, sizeBytes }: SongUpload): string {
  switch (phase.name) {
    case "checking":
      return text.checking;
    case "rejected":
      return phase.reason;
    case "uploading":
      return [
        text.sent(percent(phase.sentBytes / sizeBytes), fileSize(phase.sentBytes), fileSize(sizeBytes)),
        ...(phase.bytesPerSecond === undefined ? [] : [text.speed(fileSize(phase.bytesPerSecond))]),
        ...(phase.secondsLeft === undefined ? [] : [text.left(duration(phase.secondsLeft))]),
      ].join(" · ");
    case "paused":
      return text.paused(percent(phase.sentBytes / sizeBytes));
    case "offline":
      return text.offline(percent(phase.sentBytes / sizeBytes));
    case "interrupted":
      return phase.hint ?? text.interrupted(filename, percent(phase.sentBytes / sizeBytes));
    case "failed":
      return phase.reason;
    case "starting":
      return phase.wait ? text.waiting(phase.wait.reason) : text.starting;
    case "started":
      return text.started;
  }
}

function PickAgain({ song }: { song: SongUpload }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="button primary"
        aria-label={text.nameOf(text.pickAgain, song.filename)}
        onClick={() => input.current?.click()}
      >
        {text.pickAgain}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={ACCEPT}
        aria-label={text.nameOf(text.pickAgain, song.filename)}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file) uploads.continueWith(song.id, file);
          currentTarget.value = "";
        }}
      />
    </>
  );
}

interface ActionProps {
  song: SongUpload;
  label: string;
  kind?: "primary" | "quiet";
  act: (id: string) => void;
}

function Action({ song, label, kind, act }: ActionProps) {
  return (
    <button
      type="button"
      className={kind ? `button ${kind}` : "button"}
      aria-label={text.nameOf(label, song.filename)}
      onClick={() => act(song.id)}
    >
      {label}
    </button>
  );
}

/** What goes on with the song in this phase, if anything does. */
function MainAction({ song }: { song: SongUpload }) {
  switch (song.phase.name) {
    case "uploading":
    case "offline":
      return <Action song={song} label={text.pause} act={uploads.pause} />;
    case "paused":
      return <Action song={song} label={text.resume} act={uploads.resume} />;
    case "interrupted":
      return <PickAgain song={song} />;
    case "failed":
      return <Action song={song} label={strings.common.retry} kind="primary" act={uploads.retry} />;
    default:
      return null;
  }
}

/** What the action that ends it is called in each phase. */
const END_LABELS: Readonly<Partial<Record<UploadPhase["name"], string>>> = {
  rejected: text.remove,
  interrupted: text.discard,
  failed: text.discard,
};

/** One song on its way to the service: where it is, how fast it moves, and what can be done. */
export function UploadCard({ song }: { song: SongUpload }) {
  const title = useId();
  const sentBytes = sentBytesOf(song.phase);
  const isBad = song.phase.name === "rejected" || song.phase.name === "failed";
  return (
    <article className={`card upload-card ${song.phase.name}`} aria-labelledby={title}>
      <h2 id={title} className="upload-name">
        {song.filename}
      </h2>
      {sentBytes === undefined ? null : (
        <ProgressBar
          label={text.progressOf(song.filename)}
          value={sentBytes / song.sizeBytes}
          text={text.sent(percent(sentBytes / song.sizeBytes), fileSize(sentBytes), fileSize(song.sizeBytes))}
        />
      )}
      <p className={isBad ? "notice bad small" : "small soft upload-status"}>{statusOf(song)}</p>
      <div className="row">
        <MainAction song={song} />
        <Action
          song={song}
          label={END_LABELS[song.phase.name] ?? strings.common.cancel}
          kind="quiet"
          act={uploads.cancel}
        />
      </div>
    </article>
  );
}
