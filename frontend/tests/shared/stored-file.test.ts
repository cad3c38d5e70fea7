import { expect, test, vi } from "vitest";
import { fetchStored } from "@/shared/stored-file";

test("a file that was downloaded by its link before is not read from the cache", async () => {
  const fetch = vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("stem"));
  const { signal } = new AbortController();
  await fetchStored("https://store.example/drums.wav", signal);
  expect(fetch).toHaveBeenCalledWith(
    "https://store.example/drums.wav",
    expect.objectContaining({ signal, cache: "no-store" }),
  );
});
