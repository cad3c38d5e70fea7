import type { Mixer } from "./mixer";
import type { Segment } from "./programme";
import type { Timeline } from "./timeline";
import type { LaneBuffers, WindowOutput } from "./window-output";

interface Sounding {
  segment: Segment;
  nodes: AudioBufferSourceNode[];
}

/** Plays windows as they are, sample for sample. */
export class DirectOutput implements WindowOutput {
  readonly leadSeconds = 0.06;
  readonly canCut = true;
  private sounding: Sounding[] = [];

  constructor(
    private readonly context: BaseAudioContext,
    private readonly mixer: Mixer,
    private readonly onWindowEnd: () => void,
  ) {}

  begin(): void {
    // Each window is given its own time.
  }

  add(segment: Segment, lanes: LaneBuffers, timeline: Timeline): void {
    const time = timeline.timeOf(segment.sample);
    const nodes = [...lanes].map(([lane, buffer]) => {
      const node = new AudioBufferSourceNode(this.context, { buffer });
      node.connect(this.mixer.input(lane));
      node.start(time);
      return node;
    });
    // Unlike a timer, this also comes on time while the tab is hidden.
    nodes[0]?.addEventListener("ended", this.onWindowEnd, { once: true });
    this.sounding.push({ segment, nodes });
  }

  cutAt(sample: number, timeline: Timeline): void {
    const time = timeline.timeOf(sample);
    for (const { nodes } of this.sounding.filter(({ segment }) => segment.sample + segment.length > sample)) {
      for (const node of nodes) {
        node.stop(time);
      }
    }
  }

  release(sample: number): void {
    const isOver = ({ segment }: Sounding) => segment.sample + segment.length <= sample;
    for (const node of this.sounding.filter(isOver).flatMap(({ nodes }) => nodes)) {
      node.disconnect();
    }
    this.sounding = this.sounding.filter((sounding) => !isOver(sounding));
  }

  stop(time: number): void {
    for (const { nodes } of this.sounding) {
      for (const node of nodes) {
        node.removeEventListener("ended", this.onWindowEnd);
        node.stop(time);
      }
    }
    this.sounding = [];
  }
}
