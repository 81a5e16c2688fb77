import optimizeLocales from "@react-aria/optimize-locales-plugin";
import { defineConfig } from "vite";

/**
 * Builds the one page of the application into the Python package, where the web door gives it at `/app/` and its files
 * below `/static/app/`. Nothing is inlined: the page's policy allows no inline script, style or data module.
 */
export default defineConfig({
  base: "/static/app/",
  plugins: [{ ...optimizeLocales.vite({ locales: ["en-US", "en-GB", "fr-FR"] }), enforce: "pre" }],
  build: {
    outDir: "../src/radiotheque/wire/web/static/app",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" },
});
