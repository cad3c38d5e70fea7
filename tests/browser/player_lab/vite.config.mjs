import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// The engine as the page is built: every file from its own host, so that the page's policy holds here too.
export default {
  root: here("."),
  resolve: { alias: { "@": here("../../../frontend/src") } },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, emptyOutDir: true },
};
