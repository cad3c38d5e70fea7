import { type RefObject, useId } from "react";
import { strings } from "@/strings";

interface ShortcutsProps {
  readonly details: RefObject<HTMLDetailsElement | null>;
  readonly on: boolean;
  readonly onSwitch: (on: boolean) => void;
}

/** The keys of the player, and the switch that leaves them to a screen reader or voice control. */
export function Shortcuts({ details, on, onSwitch }: ShortcutsProps) {
  const switchId = useId();
  return (
    <details className="shortcuts" ref={details}>
      <summary>{strings.player.shortcuts}</summary>
      <div className="row shortcut-switch">
        <input
          type="checkbox"
          id={switchId}
          checked={on}
          onChange={(event) => onSwitch(event.target.checked)}
        />
        <label htmlFor={switchId}>{strings.player.shortcutsOn}</label>
      </div>
      <dl className="shortcut-list">
        {strings.player.shortcutList.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
