/** What is said in passing: shown for a while in a corner, answered by nobody. */
export interface Toast {
  id: number;
  tone: "ok" | "problem";
  title: string;
  text?: string;
}

const SHOWN_MS = { ok: 5_000, problem: 12_000 };
const MOST = 3;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const tell of listeners) tell();
}

export function showToast(toast: Omit<Toast, "id">): void {
  lastId += 1;
  const id = lastId;
  set([...toasts, { ...toast, id }].slice(-MOST));
  setTimeout(() => dropToast(id), SHOWN_MS[toast.tone]);
}

export function dropToast(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function listToasts(): readonly Toast[] {
  return toasts;
}

export function subscribeToToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
