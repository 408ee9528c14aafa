/** A browser and its system, as far as its own words tell: `Firefox on Linux`. */
export function browserWords(userAgent: string | null): string {
  if (!userAgent) return "An unknown browser";
  const browser = find(userAgent, [
    [/\bEdg\//, "Edge"],
    [/\bOPR\//, "Opera"],
    [/\bFirefox\//, "Firefox"],
    [/HeadlessChrome\/|\bChrome\//, "Chrome"],
    [/\bSafari\//, "Safari"],
  ]);
  const system = find(userAgent, [
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/Linux/, "Linux"],
  ]);
  if (!browser) return userAgent.split(" ")[0] || "An unknown browser";
  return system ? `${browser} on ${system}` : browser;
}

function find(text: string, known: [RegExp, string][]): string | undefined {
  return known.find(([pattern]) => pattern.test(text))?.[1];
}
