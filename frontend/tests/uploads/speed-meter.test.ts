import { expect, it } from "vitest";
import { SpeedMeter } from "@/uploads/speed-meter";

it("tells no speed before it has seen enough", () => {
  const meter = new SpeedMeter();
  meter.add(0, 0);
  meter.add(500, 1000);
  expect(meter.bytesPerSecond).toBeUndefined();
});

it("tells the speed of the last seconds, not of the whole transfer", () => {
  const meter = new SpeedMeter();
  for (let second = 0; second <= 20; second += 1) {
    meter.add(second * 1000, second <= 10 ? second * 100 : 1000 + (second - 10) * 500);
  }
  expect(meter.bytesPerSecond).toBe(500);
});

it("tells no speed while nothing moves, and forgets the past after a pause", () => {
  const meter = new SpeedMeter();
  meter.add(0, 1000);
  meter.add(2000, 1000);
  expect(meter.bytesPerSecond).toBeUndefined();
  meter.add(3000, 4000);
  meter.reset();
  expect(meter.bytesPerSecond).toBeUndefined();
});
