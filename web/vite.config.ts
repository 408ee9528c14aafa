import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `towpath demo` and `towpath serve` listen unless told otherwise. */
const server = process.env.TOWPATH_URL ?? "http://127.0.0.1:4600";

const passedOn = ["/api", "/oauth", "/healthz", "/readyz", "/docs"];

export default defineConfig({
  plugins: [tanstackRouter({ target: "react", autoCodeSplitting: true, quoteStyle: "double" }), react()],
  server: {
    port: 4610,
    proxy: Object.fromEntries(
      passedOn.map((path) => [path, { target: server, changeOrigin: true, headers: { origin: server } }]),
    ),
  },
  build: {
    target: "es2022",
    // The content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // What many pages share travels in one file, not in fifty.
      output: {
        advancedChunks: { groups: [{ name: "shared", test: /\/src\/(api|components|lib)\//, minShareCount: 5 }] },
      },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
