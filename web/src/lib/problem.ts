import { ApiProblem } from "../api/client";
import type { Problem } from "../components/problem-notice";

/** Any failure as a person is told it. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ApiProblem) {
    const { title, detail, hint, code, requestId } = error;
    // The server's title is the HTTP status in words, which tells nobody anything that its detail does not.
    return error.status === 0 ? { title, detail, hint, code } : { title: detail ?? title, hint, code, requestId };
  }
  return {
    title: "This page met a fault of its own",
    detail: error instanceof Error ? error.message : undefined,
    hint: "Load the page again. If it stays, tell whoever runs this server.",
  };
}

/** What is wrong with one field of a form, where the failure is about that field. */
export function fieldError(error: unknown, ...codes: string[]): string | undefined {
  if (!(error instanceof ApiProblem) || !codes.includes(error.code)) return undefined;
  return [error.detail ?? error.title, error.hint].filter(Boolean).join(" ");
}
