/** How a stereo signal is panned: each output channel is a mix of both inputs. */
export interface PanGains {
  leftToLeft: number;
  rightToLeft: number;
  leftToRight: number;
  rightToRight: number;
}

/**
 * The equal-power law that the Web Audio specification gives for a `StereoPannerNode` with stereo input, so that
 * what is rendered to a file sounds as it was played.
 *
 * @param pan -1 (left) to 1 (right).
 */
export function panGains(pan: number): PanGains {
  const angle = ((pan <= 0 ? pan + 1 : pan) * Math.PI) / 2;
  const left = Math.cos(angle);
  const right = Math.sin(angle);
  return pan <= 0
    ? { leftToLeft: 1, rightToLeft: left, leftToRight: 0, rightToRight: right }
    : { leftToLeft: left, rightToLeft: 0, leftToRight: right, rightToRight: 1 };
}
