import type { Lane, PreviewIndex } from "@/api/types";
import { renderMix } from "@/player/engine";
import { panGains } from "@/player/engine/pan-law";
import { PreviewPlayer } from "@/player/engine/player";
import type { MixSettings } from "@/player/engine/types";
import { frequency, largestDifference, locate, peakAt, Recorder, type Recording } from "./recording";

const RATE = 44_100;

// What the engine makes of the browser's audio is seen by keeping the nodes that it creates.
let context: AudioContext;
let panners: StereoPannerNode[] = [];
let destinationInputs: AudioNode[] = [];

const BrowserContext = window.AudioContext;
window.AudioContext = class extends BrowserContext {
  constructor(options?: AudioContextOptions) {
    super(options);
    context = this;
    panners = [];
    destinationInputs = [];
  }
};
const BrowserPanner = window.StereoPannerNode;
window.StereoPannerNode = class extends BrowserPanner {
  constructor(owner: BaseAudioContext, options?: StereoPannerOptions) {
    super(owner, options);
    panners.push(this);
  }
};
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (this: AudioNode, ...target: unknown[]) {
  if (target[0] instanceof AudioDestinationNode && this instanceof GainNode) {
    destinationInputs.push(this);
  }
  return Reflect.apply(connect, this, target);
} as typeof connect;

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(what: string, condition: () => boolean, seconds = 15): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`Waited ${seconds} s for: ${what}; ${JSON.stringify(bench.player.getState())}`);
    }
    await sleep(4);
  }
}

class Bench {
  player!: PreviewPlayer;
  index!: PreviewIndex;
  lanes!: Lane[];
  recorder!: Recorder;
  refreshes = 0;
  private readonly references = new Map<Lane, Float32Array>();
  private song = "";

  /** A new player for a song of the server; nothing plays yet. */
  async open(song: string): Promise<void> {
    this.player?.dispose();
    this.references.clear();
    this.song = song;
    this.index = await (await fetch(`/${song}/index.json`)).json();
    this.lanes = Object.keys(this.index.lanes) as Lane[];
    this.refreshes = 0;
    let link = 0;
    this.player = new PreviewPlayer({
      index: this.index,
      url: (lane) => `/${song}/${lane}.mp3?link=${link}`,
      refresh: async () => {
        this.refreshes++;
        link++;
      },
    });
  }

  async tap(): Promise<void> {
    this.recorder = await Recorder.tap(context, [...panners, destinationInputs[0] as AudioNode]);
  }

  async playing(): Promise<void> {
    await this.player.play();
    await until("playing", () => this.player.getState().status === "playing");
  }

  /** One decode of all audio frames of a lane, from the lane's first sample on. */
  async reference(lane: Lane): Promise<Float32Array> {
    const known = this.references.get(lane);
    if (known) {
      return known;
    }
    const bytes = await (await fetch(`/${this.song}/${lane}.mp3`)).arrayBuffer();
    const frames = bytes.slice(this.index.lanes[lane]?.offsets[0] ?? 0);
    const decoded = await new OfflineAudioContext(2, 1, RATE).decodeAudioData(frames);
    const samples = decoded.getChannelData(0).slice(this.index.delay_samples);
    this.references.set(lane, samples);
    return samples;
  }

  async compare(recording: Recording, begin: number, end: number) {
    const places: number[] = [];
    const differences: number[] = [];
    const impulses: number[] = [];
    for (const [number, lane] of this.lanes.entries()) {
      if (lane === "mixture") {
        continue;
      }
      const samples = recording.lanes[number].subarray(begin, end);
      const reference = await this.reference(lane);
      const place = locate(samples.subarray(0, 64), reference);
      places.push(place);
      differences.push(largestDifference(samples, reference, place));
      const near = nextImpulse(place + 100) - place - 50;
      impulses.push(near + peakAt(samples.subarray(near, near + 100)));
    }
    return { places, differences, impulses };
  }

  async seeks(positions: number[]) {
    const results = [];
    for (const position of positions) {
      this.player.seek(position);
      await until("playing again", () => this.player.getState().status === "playing");
      await until("a little later", () => this.player.position() > position + 0.4);
      const recording = await this.recorder.take();
      const end = recording.lanes[0].length - 256;
      results.push(await this.compare(recording, end - 12_000, end));
    }
    return results;
  }

  async listen(seconds: number, skip = 2000) {
    await this.recorder.take();
    const start = this.player.position();
    const changes: string[] = [];
    const unsubscribe = this.player.subscribe(() => changes.push(this.player.getState().status));
    await until("time passes", () => this.player.position() > start + seconds || this.player.getState().status === "ended");
    const recording = await this.recorder.take();
    unsubscribe();
    return { changes, ...(await this.compare(recording, skip, recording.lanes[0].length - 256)) };
  }

  /** Milliseconds from muting everything to the last sample that is heard. */
  async muteMilliseconds(): Promise<number> {
    await this.recorder.take();
    await sleep(100);
    const clicked = context.currentTime * RATE;
    for (const lane of this.lanes) {
      this.player.setLane(lane, { muted: true });
    }
    await sleep(150);
    const recording = await this.recorder.take();
    const master = recording.lanes[recording.lanes.length - 1];
    const last = master.findLastIndex((sample) => sample !== 0);
    for (const lane of this.lanes) {
      this.player.setLane(lane, { muted: false });
    }
    return ((recording.frame + last - clicked) / RATE) * 1000;
  }

  async firstSoundMilliseconds(): Promise<number> {
    const begin = performance.now();
    void this.player.play();
    await until("sound", () => this.player.level("master").peak > 0);
    return performance.now() - begin;
  }

  async largestDecodedBytes(seconds: number, seekTo: number): Promise<number> {
    await this.playing();
    let largest = 0;
    for (let time = 0; time < seconds; time += 0.02) {
      if (Math.abs(time - 1) < 0.01) {
        this.player.seek(seekTo);
      }
      largest = Math.max(largest, this.player.decodedBytes());
      await sleep(20);
    }
    return largest;
  }

  /** Distances in samples between the clicks of a few seconds, everything else muted. */
  async clickDistances(seconds: number): Promise<number[]> {
    for (const lane of this.lanes) {
      this.player.setLane(lane, { muted: true });
    }
    this.player.setClick(true);
    await sleep(200);
    await this.recorder.take();
    await sleep(seconds * 1000);
    const recording = await this.recorder.take();
    const places = impulsesOf(recording.lanes[recording.lanes.length - 1]);
    return places.slice(1).map((place, number) => place - (places[number] ?? 0));
  }

  /** Largest difference between the browser's panner and what a rendered mix does. */
  async panDifference(pan: number): Promise<number> {
    const offline = new OfflineAudioContext(2, 128, RATE);
    const input = offline.createBuffer(2, 128, RATE);
    input.getChannelData(0).fill(0.7);
    input.getChannelData(1).fill(-0.2);
    const source = new AudioBufferSourceNode(offline, { buffer: input });
    source.connect(new BrowserPanner(offline, { pan })).connect(offline.destination);
    source.start();
    const output = await offline.startRendering();
    const gains = panGains(pan);
    const left = 0.7 * gains.leftToLeft - 0.2 * gains.rightToLeft;
    const right = 0.7 * gains.leftToRight - 0.2 * gains.rightToRight;
    return Math.max(
      Math.abs((output.getChannelData(0)[64] ?? 0) - left),
      Math.abs((output.getChannelData(1)[64] ?? 0) - right),
    );
  }

  async tones(lanes: Lane[], seconds: number): Promise<number[]> {
    await this.recorder.take();
    await sleep(seconds * 1000);
    const recording = await this.recorder.take();
    return lanes.map((lane) => frequency(recording.lanes[this.lanes.indexOf(lane)], RATE));
  }

  /** Quietest and loudest 20 ms of a lane within a while, as peaks. */
  async extremes(lane: Lane, seconds: number): Promise<number[]> {
    await this.recorder.take();
    await sleep(seconds * 1000);
    const samples = (await this.recorder.take()).lanes[this.lanes.indexOf(lane)];
    const peaks: number[] = [];
    for (let begin = 0; begin + 882 <= samples.length; begin += 882) {
      const part = samples.subarray(begin, begin + 882);
      peaks.push(Math.abs(part[peakAt(part)] ?? 0));
    }
    return [Math.min(...peaks), Math.max(...peaks)];
  }

  /** Places of the impulses of every stem within a while. */
  async impulses(seconds: number): Promise<number[][]> {
    await this.recorder.take();
    await sleep(seconds * 1000);
    const recording = await this.recorder.take();
    return this.lanes.flatMap((lane, number) =>
      lane === "mixture" ? [] : [impulsesOf(recording.lanes[number].subarray(0, RATE * (seconds - 0.2)))],
    );
  }

  /** A mix of files of the server, and what is in it. */
  async render(files: Partial<Record<Lane, string>>, change: Partial<MixSettings>) {
    const lanes = Object.entries(files).map(([lane, audio]) => ({ lane: lane as Lane, audio }));
    const settings = { ...this.player.getState(), ...change };
    const { file, gainDb } = await renderMix({ lanes, settings, encoding: "float" });
    const decoded = await new OfflineAudioContext(2, 1, RATE).decodeAudioData(await file.arrayBuffer());
    const left = decoded.getChannelData(0);
    return { samples: decoded.length, gainDb, impulses: impulsesOf(left), tone: frequency(left, RATE) };
  }

  status() {
    return { ...this.player.getState(), position: this.player.position(), refreshes: this.refreshes };
  }
}

/** Where the song has its first impulse at or behind a sample. */
function nextImpulse(sample: number): number {
  const every = RATE / 4;
  const first = Math.floor(every / 2);
  return first + Math.ceil((sample - first) / every) * every;
}

/** Places that stick out of their surroundings of 100 ms. */
function impulsesOf(samples: Float32Array): number[] {
  const found: number[] = [];
  const largest = Math.abs(samples[peakAt(samples)] ?? 0);
  for (let sample = 0; sample < samples.length; sample++) {
    if (Math.abs(samples[sample]) > largest / 2) {
      const end = sample + 4410;
      found.push(sample + peakAt(samples.subarray(sample, end)));
      sample = end;
    }
  }
  return found;
}

const bench = new Bench();
Object.assign(window, { bench, locate, peakAt, until, sleep, panners: () => panners, context: () => context });
