import { strings } from "@/strings";
import { toggleNotifications, useNotificationChoice } from "./notifications";

/** Switches notifications of the system on and off; asks for permission only when pressed. */
export function NotifyToggle() {
  const choice = useNotificationChoice();
  const text = strings.jobs.notify;
  if (choice === "unsupported") return null;
  return (
    <div className="row notify">
      <button
        type="button"
        className="button"
        aria-pressed={choice === "on"}
        onClick={() => void toggleNotifications()}
      >
        <span aria-hidden="true">{choice === "on" ? "◉" : "○"}</span>
        {text.label}
      </button>
      <span className="small soft" role="status">
        {choice === "on" ? text.on : choice === "denied" ? text.denied : ""}
      </span>
    </div>
  );
}
