import { defineConfig } from "vite";

/** Builds the page that tests and benchmarks drive the engine with. It is no part of the application. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: {
    outDir: "../../build/testpage",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: `${import.meta.dirname}/testpage.html` },
  },
  worker: { format: "es" },
});
