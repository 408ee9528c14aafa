import { expect, test } from "vitest";
import { browserWords } from "./browser-words";

test("a browser is told by its name and system", () => {
  expect(browserWords("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe(
    "Firefox on Linux",
  );
  expect(
    browserWords("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"),
  ).toBe("Edge on Windows");
  expect(browserWords("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")).toBe(
    "Safari on iOS",
  );
});

test("what is none is still told", () => {
  expect(browserWords("curl/8.0")).toBe("curl/8.0");
  expect(browserWords(null)).toBe("An unknown browser");
});
