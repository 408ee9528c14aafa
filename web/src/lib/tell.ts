import { toProblem } from "./problem";
import { showToast } from "./toasts";

/** Says in passing that what the person just did is done. */
export function tellDone(title: string): void {
  showToast({ tone: "ok", title });
}

/** Says in passing that what the person just did did not work. */
export function tellFailed(error: unknown): void {
  const { title, detail, hint } = toProblem(error);
  showToast({ tone: "problem", title, text: [detail, hint].filter(Boolean).join(" ") || undefined });
}
