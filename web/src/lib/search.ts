/** Whether every word of `search` occurs in one of `texts`, whatever its case. */
export function matchesSearch(search: string, ...texts: (string | undefined)[]): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const all = texts.filter(Boolean).join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}
