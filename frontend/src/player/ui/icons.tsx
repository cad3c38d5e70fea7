import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="24"
      height="24"
      aria-hidden="true"
      focusable="false"
      className="icon-drawing"
    >
      {children}
    </svg>
  );
}

export function PlayIcon() {
  return (
    <Icon>
      <path className="filled" d="M7 4.5v15l13-7.5z" />
    </Icon>
  );
}

export function PauseIcon() {
  return (
    <Icon>
      <path className="filled" d="M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z" />
    </Icon>
  );
}

export function LoopIcon() {
  return (
    <Icon>
      <path d="M4 12V9a3 3 0 0 1 3-3h12m-3-3 3 3-3 3M20 12v3a3 3 0 0 1-3 3H5m3 3-3-3 3-3" />
    </Icon>
  );
}

export function LoopStartIcon() {
  return (
    <Icon>
      <path d="M9 4H5v16h4M9 12h10m-4-4 4 4-4 4" />
    </Icon>
  );
}

export function LoopEndIcon() {
  return (
    <Icon>
      <path d="M15 4h4v16h-4M15 12H5m4-4-4 4 4 4" />
    </Icon>
  );
}

export function ClickIcon() {
  return (
    <Icon>
      <path d="M9 4h6l3 16H6zM12 14l5-8M7 15h10" />
    </Icon>
  );
}

export function ZoomInIcon() {
  return (
    <Icon>
      <path d="M16 16l5 5M10 7v6M7 10h6M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0z" />
    </Icon>
  );
}

export function ZoomOutIcon() {
  return (
    <Icon>
      <path d="M16 16l5 5M7 10h6M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0z" />
    </Icon>
  );
}

export function ZoomFitIcon() {
  return (
    <Icon>
      <path d="M3 5v14M21 5v14M7 12h10M10 9l-3 3 3 3M14 9l3 3-3 3" />
    </Icon>
  );
}
