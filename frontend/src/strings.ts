/**
 * Every text of the page, in English. A translation replaces this one file.
 *
 * Texts with values in them are functions, so that a language can put the values in its own order.
 */
export const strings = {
  common: {
    productName: "Stem Foundry",
    skipToContent: "Skip to the content",
    cancel: "Cancel",
    close: "Close",
    retry: "Try again",
    download: "Download",
    back: "All songs",
    apiDocumentation: "API",
    version: (version: string) => `Version ${version}`,
    stems: {
      mixture: "Mixture",
      vocals: "Vocals",
      drums: "Drums",
      bass: "Bass",
      other: "Other",
      guitar: "Guitar",
      piano: "Piano",
      instrumental: "Instrumental",
      kick: "Kick",
      snare: "Snare",
      toms: "Toms",
      cymbals: "Cymbals",
      percussion_rest: "Rest of the drums",
    },
  },
  failures: {
    title: "Something on this page broke",
    advice: "Your songs are safe: they are kept by the service, not by this page. Load the page again.",
    reload: "Load the page again",
    offline: "You are offline. What you see stays; everything goes on when the connection is back.",
    notConfigured: "The page could not read its settings. Load it again; if that does not help, tell the operator.",
    notFoundTitle: "There is no such page",
    notFoundAdvice: "The address may be mistyped. Your songs are on the first page.",
  },
  home: {
    title: "Drop a song, hear its stems",
    claim: "Vocals, drums, bass and the rest, each on a track of its own.",
    yourSongs: "Your songs",
  },
  upload: {},
  jobs: {},
  player: {},
  results: {},
  demo: {},
} as const;
