import type { StretchNode } from "signalsmith-stretch";

/** Loads the stretcher, which only those need who change speed or key, and makes a node of so many channels. */
export async function createStretchNode(context: BaseAudioContext, channels: number): Promise<StretchNode> {
  const [{ default: create }, { default: moduleUrl }] = await Promise.all([
    import("signalsmith-stretch"),
    import("./stretch-worklet.ts?worker&url"),
  ]);
  create.moduleUrl = moduleUrl;
  // Its input stays open: with buffers it reads none, but without one the worklet fails while it pauses.
  return create(context, { numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [channels] });
}

/** Hands channels over to the node, behind those that it has. The arrays cannot be used any more afterwards. */
export async function appendChannels(
  node: StretchNode,
  channels: Float32Array<ArrayBuffer>[],
): Promise<void> {
  await node.addBuffers(
    channels,
    channels.map((channel) => channel.buffer),
  );
}
