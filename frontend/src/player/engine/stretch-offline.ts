import { appendChannels, createStretchNode } from "./stretch-node";

/** Left and right. */
export type StereoChannels = [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];

/** The stretcher begins in silence this long before the first sample, so that it is warm when that comes. */
const WARM_UP_SECONDS = 0.25;

/**
 * All of a stereo signal at another speed or in another key.
 *
 * @param channels are used up.
 * @param speed 0.5 to 1.5.
 * @param semitones -6 to 6.
 */
export async function stretchOffline(
  channels: StereoChannels,
  sampleRate: number,
  speed: number,
  semitones: number,
): Promise<StereoChannels> {
  const warmUp = Math.round(WARM_UP_SECONDS * sampleRate);
  const length = Math.round(channels[0].length / speed);
  const context = new OfflineAudioContext(2, warmUp + length, sampleRate);
  const node = await createStretchNode(context, 2);
  node.connect(context.destination);
  await appendChannels(node, channels);
  await node.schedule({
    output: 0,
    active: true,
    input: (-warmUp / sampleRate) * speed,
    rate: speed,
    semitones,
  });
  const rendered = await context.startRendering();
  return [0, 1].map((channel) => rendered.getChannelData(channel).slice(warmUp)) as StereoChannels;
}
