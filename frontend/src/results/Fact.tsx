import type { ReactNode } from "react";

interface FactProps {
  readonly title: string;
  /** The one thing to see at a glance. */
  readonly value?: ReactNode;
  readonly children?: ReactNode;
  /** Takes a whole row. */
  readonly wide?: boolean;
}

/** One thing that is known about a song. */
export function Fact({ title, value, children, wide = false }: FactProps) {
  return (
    <div className={wide ? "fact card wide" : "fact card"}>
      <h3 className="fact-title">{title}</h3>
      {value && <p className="fact-value">{value}</p>}
      <div className="fact-details small">{children}</div>
    </div>
  );
}
