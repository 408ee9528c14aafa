/** Numbers, times and durations as a person reads them, in the reader's own zone. */

const locale = "en-GB";

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });

/** `12430` as `12,430`. */
export function formatNumber(value: number): string {
  return whole.format(value);
}

/** `1` and `field` as `1 field`; `2` and `field` as `2 fields`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`;
}

const list = new Intl.ListFormat(locale, { type: "conjunction" });

/** `Sales`, `Service` and `Legal` as `Sales, Service and Legal`. */
export function formatList(words: string[]): string {
  return list.format(words);
}

/** A length of time with at most two units: `9 s`, `2 min 5 s`, `3 h 20 min`, `4 days`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joinUnits(`${minutes} min`, seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return joinUnits(`${hours} h`, minutes % 60, "min");
  return `${Math.floor(hours / 24)} days`;
}

function joinUnits(large: string, rest: number, unit: string): string {
  return rest === 0 ? large : `${large} ${rest} ${unit}`;
}

/** How far an instant is from now: `just now`, `2 min ago`, `in 13 min`, `3 days ago`. */
export function formatRelative(instant: string, now: number): string {
  const distance = new Date(instant).getTime() - now;
  const size = Math.abs(distance);
  if (size < 45_000) return distance > 0 ? "in a moment" : "just now";
  const words = roundSpan(size);
  return distance > 0 ? `in ${words}` : `${words} ago`;
}

function roundSpan(milliseconds: number): string {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 24) return `${hours} h`;
  const days = Math.round(hours / 24);
  return days === 1 ? "1 day" : `${formatNumber(days)} days`;
}

/** The exact instant with its zone, for hover and focus: `22 Nov 2026, 03:04:05 CET`. */
export function formatInstant(instant: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    timeZone,
  }).format(new Date(instant));
}

/** An instant short enough for a table cell: `22 Nov 2026, 03:04`. */
export function formatShortInstant(instant: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  }).format(new Date(instant));
}

/** A civil date, `2026-11-22`, without moving it between zones: `22 Nov 2026`. */
export function formatCivilDate(date: string): string {
  const parsed = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(parsed.getTime())) return date;
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(
    parsed,
  );
}

/** A number with the digits it came with, grouped: `1234567.50` as `1,234,567.50`. */
export function formatExactNumber(value: number | string): string {
  const text = String(value);
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!match) return text;
  const [, sign = "", integer = "", fraction = ""] = match;
  return sign + integer.replace(/\B(?=(\d{3})+$)/g, ",") + fraction;
}

/** `done` of `total` as a whole percentage that says 100 only when it is all. */
export function percentOf(done: number, total: number): number {
  if (total <= 0) return 0;
  return done >= total ? 100 : Math.min(99, Math.floor((done / total) * 100));
}
