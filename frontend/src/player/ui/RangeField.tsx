import { type ReactNode, useState } from "react";

interface RangeFieldProps {
  /** Name for assistive technology. */
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value a double click goes back to. */
  readonly neutral: number;
  /** The value in words. */
  readonly describe: (value: number) => string;
  readonly onChange: (value: number) => void;
  /** What is shown as the name; the label when left out. */
  readonly children?: ReactNode;
  readonly disabled?: boolean;
}

/** A slider with its name and its value in words. */
export function RangeField(props: RangeFieldProps) {
  const [shown, setShown] = useState(props.value);
  const [given, setGiven] = useState(props.value);
  // The value also changes elsewhere, by a key for example.
  if (given !== props.value) {
    setGiven(props.value);
    setShown(props.value);
  }
  const choose = (value: number) => {
    setShown(value);
    props.onChange(value);
  };
  return (
    <label className="range-field">
      <span className="range-name">{props.children ?? props.label}</span>
      <input
        type="range"
        aria-label={props.label}
        aria-valuetext={props.describe(shown)}
        min={props.min}
        max={props.max}
        step={props.step}
        value={shown}
        disabled={props.disabled}
        onChange={(event) => choose(event.target.valueAsNumber)}
        onDoubleClick={() => choose(props.neutral)}
      />
      <output className="range-value figures small" aria-hidden="true">
        {props.describe(shown)}
      </output>
    </label>
  );
}
