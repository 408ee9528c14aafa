/** The time zones that the browser knows, and one that is set already, in the order of their names. */
export function timeZones(set: string): string[] {
  return [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC", set])].sort();
}
