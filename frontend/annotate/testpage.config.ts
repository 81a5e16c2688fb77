import { defineConfig } from "vite";

/** Builds the page that tests drive the annotation layer with. It is no part of the application. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: {
    outDir: "../../build/annotatepage",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    rolldownOptions: { input: `${import.meta.dirname}/testpage.html` },
  },
});
