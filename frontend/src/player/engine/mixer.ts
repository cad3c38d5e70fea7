import type { Lane } from "@/api/types";
import { Meter } from "./meter";
import { laneGain } from "./mix-settings";
import type { Level, MixSettings } from "./types";

/** Seconds a gain takes to its new value: no click, and silence well within 10 ms of a press on mute. */
const RAMP_SECONDS = 0.005;

interface Strip {
  gain: GainNode;
  panner: StereoPannerNode;
  meter: Meter;
}

/**
 * Lanes side by side: gain, pan and meter of each, then the master's, then a gate that opens and closes without a
 * click when playing begins and ends.
 */
export class Mixer {
  private readonly strips: ReadonlyMap<Lane, Strip>;
  private readonly master: GainNode;
  private readonly gate: GainNode;
  private readonly masterMeter: Meter;
  /** Where each parameter is or is going: one that stays is left alone. */
  private readonly targets = new Map<AudioParam, number>();

  /** @param previewGainDb gain on all previews; meters show the level that the stems have without it. */
  constructor(
    private readonly context: BaseAudioContext,
    lanes: readonly Lane[],
    previewGainDb: number,
  ) {
    const scale = 10 ** (-previewGainDb / 20);
    this.master = new GainNode(context);
    this.gate = new GainNode(context, { gain: 0 });
    this.masterMeter = new Meter(context, scale);
    this.strips = new Map(lanes.map((lane) => [lane, this.strip(scale)]));
    this.master.connect(this.gate).connect(context.destination);
    this.gate.connect(this.masterMeter.input);
  }

  /** Where the sound of a lane goes in. */
  input(lane: Lane): AudioNode {
    const strip = this.strips.get(lane);
    if (!strip) {
      throw new RangeError(`There is no lane ${lane}`);
    }
    return strip.gain;
  }

  /** Where sounds go in that belong to no lane. */
  get masterInput(): AudioNode {
    return this.gate;
  }

  apply(settings: MixSettings, comparing: boolean): void {
    for (const [lane, { gain, panner }] of this.strips) {
      this.move(gain.gain, laneGain(settings, lane, comparing));
      this.move(panner.pan, comparing ? 0 : (settings.lanes[lane]?.pan ?? 0));
    }
    this.move(this.master.gain, settings.masterVolume);
  }

  /** Lets the sound through from `time` on, in seconds of the context. */
  open(time: number): void {
    this.gate.gain.cancelScheduledValues(this.context.currentTime);
    this.gate.gain.setValueAtTime(0, time);
    this.gate.gain.linearRampToValueAtTime(1, time + RAMP_SECONDS);
  }

  /** Lets nothing through any more; tells the time at which it is silent. */
  close(): number {
    return this.ramp(this.gate.gain, 0);
  }

  level(lane: Lane | "master"): Level {
    const meter = lane === "master" ? this.masterMeter : this.strips.get(lane)?.meter;
    return meter?.read() ?? { peak: 0, rms: 0 };
  }

  private strip(scale: number): Strip {
    const gain = new GainNode(this.context, { gain: 0 });
    const panner = new StereoPannerNode(this.context);
    const meter = new Meter(this.context, scale);
    gain.connect(panner).connect(this.master);
    panner.connect(meter.input);
    return { gain, panner, meter };
  }

  private move(parameter: AudioParam, target: number): void {
    if (this.targets.get(parameter) !== target) {
      this.targets.set(parameter, target);
      this.ramp(parameter, target);
    }
  }

  private ramp(parameter: AudioParam, target: number): number {
    const now = this.context.currentTime;
    const end = now + RAMP_SECONDS;
    parameter.cancelScheduledValues(now);
    parameter.setValueAtTime(parameter.value, now);
    parameter.linearRampToValueAtTime(target, end);
    return end;
  }
}
