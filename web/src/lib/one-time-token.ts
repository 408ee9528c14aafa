/** Reads a one-time token from the fragment, which browsers send to no server: `#token=…` or `#…`. */
export function readToken(fragment: string): string | undefined {
  const text = fragment.replace(/^#/, "");
  if (text === "") return undefined;
  const token = text.includes("=") ? new URLSearchParams(text).get("token") : text;
  return token || undefined;
}
