import type { PageConfiguration } from "@/api/types";

let loaded: PageConfiguration | undefined;

/**
 * Reads what the host tells about this deployment. Called once, before the page is drawn.
 *
 * @throws when the file is missing or is no JSON: the page cannot know where its API is.
 */
export async function loadConfiguration(): Promise<PageConfiguration> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`config.json could not be read (${response.status}).`);
  loaded = (await response.json()) as PageConfiguration;
  return loaded;
}

/** The deployment's configuration; `loadConfiguration` has run by the time anything asks. */
export function configuration(): PageConfiguration {
  if (!loaded) throw new Error("The configuration is not loaded yet.");
  return loaded;
}

/** Replaces the configuration in a test. */
export function setConfiguration(value: PageConfiguration): void {
  loaded = value;
}
