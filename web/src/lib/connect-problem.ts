import type { Problem } from "../components/problem-notice";

const sentences: Record<string, { title: string; detail: string }> = {
  "connect.declined": {
    title: "Nothing was connected",
    detail: "You chose Deny in Salesforce. Start again when you are ready.",
  },
  "connect.expired": {
    title: "This sign-in is over",
    detail: "It was already used or is older than ten minutes. Start again.",
  },
  "connect.other_browser": {
    title: "This sign-in was started in another browser",
    detail: "Start again here, or go on where you began.",
  },
  "connect.cancelled": { title: "You cancelled", detail: "Nothing was connected." },
};

/** A problem of connecting, by its code; the server's own words go before ours. */
export function connectProblem(code: string, text?: string): Problem {
  const known = sentences[code];
  if (!known) return { title: text ?? "Salesforce did not connect", code, hint: text ? undefined : "Start again." };
  return { title: known.title, detail: text ?? known.detail, code };
}
