import { formatDuration } from "./format";

/** How often a rule may look for changes, in seconds. */
const usual = [60, 300, 900, 1_800, 3_600, 21_600, 86_400, 604_800];

const words = new Map([
  [60, "Every minute"],
  [3_600, "Every hour"],
  [86_400, "Once a day"],
  [604_800, "Once a week"],
]);

export function cadenceWords(seconds: number): string {
  return words.get(seconds) ?? `Every ${formatDuration(seconds * 1_000)}`;
}

/** The usual choices, and the one that a rule has beside them. */
export function cadenceChoices(current: number): { value: string; label: string }[] {
  const all = usual.includes(current) ? usual : [...usual, current].sort((one, other) => one - other);
  return all.map((seconds) => ({ value: String(seconds), label: cadenceWords(seconds) }));
}
