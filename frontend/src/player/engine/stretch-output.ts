import type { StretchNode } from "signalsmith-stretch";
import type { Lane } from "@/api/types";
import { DRUM_LANES } from "./mix-settings";
import type { Mixer } from "./mixer";
import type { Segment } from "./programme";
import { appendChannels, createStretchNode } from "./stretch-node";
import type { Anchor } from "./timeline";
import type { LaneBuffers, WindowOutput } from "./window-output";

/** A stretcher and the lanes that go through it, two channels each. */
interface Group {
  lanes: readonly Lane[];
  node: StretchNode;
  transposed: boolean;
}

/**
 * Plays windows at another speed or in another key. All lanes go through one stretcher, so that it treats them alike;
 * drums through a second of the same latency, which leaves their pitch. The mixer stands behind, so that mute and
 * volume act at once.
 */
export class StretchOutput implements WindowOutput {
  readonly leadSeconds = 0.15;
  /** What the stretchers were given they keep. */
  readonly canCut = false;
  /** Transposition from the next anchor on. */
  semitones = 0;

  private constructor(
    private readonly context: BaseAudioContext,
    private readonly groups: readonly Group[],
  ) {}

  /** @param onBroken is told when the audio thread gave up, which nothing else would tell. */
  static async create(
    context: BaseAudioContext,
    mixer: Mixer,
    lanes: readonly Lane[],
    onBroken: () => void,
  ): Promise<StretchOutput> {
    const drums = lanes.filter((lane) => DRUM_LANES.has(lane));
    const others = lanes.filter((lane) => !DRUM_LANES.has(lane));
    const groups = await Promise.all(
      [
        { lanes: others, transposed: true },
        { lanes: drums, transposed: false },
      ]
        .filter((group) => group.lanes.length > 0)
        .map(async (group) => ({ ...group, node: await createStretchNode(context, 2 * group.lanes.length) })),
    );
    for (const group of groups) {
      group.node.addEventListener("processorerror", onBroken);
      connectLanes(context, group, mixer);
    }
    return new StretchOutput(context, groups);
  }

  begin(anchor: Anchor): void {
    for (const { node, transposed } of this.groups) {
      void node.schedule({
        output: anchor.frame / this.context.sampleRate,
        active: true,
        input: anchor.sample / this.context.sampleRate,
        rate: anchor.speed,
        semitones: transposed ? this.semitones : 0,
      });
    }
  }

  add(_segment: Segment, buffers: LaneBuffers): void {
    for (const { lanes, node } of this.groups) {
      const channels = lanes.flatMap((lane) => copyChannels(buffers.get(lane)));
      void appendChannels(node, channels);
    }
  }

  cutAt(): void {
    throw new Error("A stretcher keeps what it was given");
  }

  release(sample: number): void {
    // The stretcher looks back by its window of 120 ms.
    const seconds = sample / this.context.sampleRate - 0.5;
    for (const { node } of this.groups) {
      void node.dropBuffers(Math.max(0, seconds));
    }
  }

  stop(time: number): void {
    for (const { node } of this.groups) {
      void node.schedule({ output: time, active: false });
      void node.dropBuffers();
    }
  }
}

function connectLanes(context: BaseAudioContext, { lanes, node }: Group, mixer: Mixer): void {
  const channels = new ChannelSplitterNode(context, { numberOfOutputs: 2 * lanes.length });
  node.connect(channels);
  for (const [position, lane] of lanes.entries()) {
    const stereo = new ChannelMergerNode(context, { numberOfInputs: 2 });
    channels.connect(stereo, 2 * position, 0);
    channels.connect(stereo, 2 * position + 1, 1);
    stereo.connect(mixer.input(lane));
  }
}

function copyChannels(buffer: AudioBuffer | undefined): Float32Array<ArrayBuffer>[] {
  return buffer ? [0, 1].map((channel) => buffer.getChannelData(channel).slice()) : [];
}
