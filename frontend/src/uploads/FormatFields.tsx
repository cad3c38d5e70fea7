import type { ReactNode } from "react";
import { configuration } from "@/config";
import { strings } from "@/strings";
import { AUDIO_FORMATS, BIT_DEPTHS, BITRATES_KBPS, fitBitDepth, type JobOptions } from "./job-options";
import { changeJobOptions } from "./options-store";

const text = strings.upload.options;
/** Times to keep a job that are worth a choice, in hours. */
const RETENTION_HOURS = [1, 6, 24, 72, 168];

/** What kind of files the stems become, and for how long they are kept. */
export function FormatFields({ options }: { options: JobOptions }) {
  const { format, bitDepth, bitrateKbps, retentionHours } = options;
  const { defaultRetentionHours, maxRetentionHours } = configuration();
  const hours = new Set([...RETENTION_HOURS, defaultRetentionHours]);
  const offered = [...hours].filter((value) => value <= maxRetentionHours).sort((a, b) => a - b);
  return (
    <fieldset>
      <legend>{text.files}</legend>
      <div className="selects">
        <Select
          label={text.format}
          value={format}
          onChange={(value) => {
            const chosen = AUDIO_FORMATS.find((known) => known === value) ?? format;
            changeJobOptions({ format: chosen, bitDepth: fitBitDepth(bitDepth, chosen) });
          }}
        >
          {AUDIO_FORMATS.map((known) => (
            <option key={known} value={known}>
              {text.formats[known]}
            </option>
          ))}
        </Select>
        {BIT_DEPTHS[format].length > 0 ? (
          <Select
            label={text.bitDepth}
            value={bitDepth}
            onChange={(value) => changeJobOptions({ bitDepth: Number(value) })}
          >
            {BIT_DEPTHS[format].map((bits) => (
              <option key={bits} value={bits}>
                {text.bits(bits)}
              </option>
            ))}
          </Select>
        ) : (
          <Select
            label={text.bitrate}
            value={bitrateKbps}
            onChange={(value) => changeJobOptions({ bitrateKbps: Number(value) })}
          >
            {BITRATES_KBPS.map((rate) => (
              <option key={rate} value={rate}>
                {text.kilobits(rate)}
              </option>
            ))}
          </Select>
        )}
        <Select
          label={text.retention}
          value={Math.min(retentionHours ?? defaultRetentionHours, maxRetentionHours)}
          onChange={(value) => changeJobOptions({ retentionHours: Number(value) })}
        >
          {offered.map((value) => (
            <option key={value} value={value}>
              {text.hours(value)}
            </option>
          ))}
        </Select>
      </div>
    </fieldset>
  );
}

interface SelectProps {
  label: string;
  value: string | number;
  onChange: (value: string) => void;
  children: ReactNode;
}

function Select({ label, value, onChange, children }: SelectProps) {
  return (
    <label className="select">
      <span className="small soft">{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {children}
      </select>
    </label>
  );
}
