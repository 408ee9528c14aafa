import { defineConfig } from "vitest/config";

/** The tests of the pages, in a browser. Each starts programs of its own, so that few run at once. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    environment: "node",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // As patient as the browser: what a page shows may come from Salesforce.
    expect: { poll: { timeout: 30_000 } },
  },
});
