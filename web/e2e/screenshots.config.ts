import { defineConfig } from "vitest/config";

/** Takes the pictures of `docs/screenshots` anew. */
export default defineConfig({
  test: { include: ["e2e/screenshots.ts"], environment: "node", testTimeout: 600_000, hookTimeout: 120_000 },
});
