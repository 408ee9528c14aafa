import { formatCivilDate, formatExactNumber, formatInstant, formatShortInstant } from "../lib/format";
import { columnKind } from "../lib/record-filter";
import { OutsideLink } from "./outside-link";
import { Dash } from "./table";

/** A value in a cell: short, and a quiet dash for nothing. */
export function CellValue({ value, type }: { value: unknown; type: string }) {
  if (value === null || value === undefined || value === "") return <Dash />;
  switch (columnKind(type)) {
    case "number":
      return <>{formatExactNumber(value as number | string)}</>;
    case "boolean":
      return <>{value === true || value === "true" ? "Yes" : "No"}</>;
    case "date":
      return <>{formatCivilDate(String(value))}</>;
    case "date_time":
      return <span title={formatInstant(String(value))}>{formatShortInstant(String(value))}</span>;
    default:
      return (
        <span dir="auto" title={String(value).length > 40 ? String(value) : undefined}>
          {String(value)}
        </span>
      );
  }
}

/** A value with room around it; a link where it is an address that may be followed. */
export function WholeValue({ value, type }: { value: unknown; type: string }) {
  const text = String(value);
  if (type.toLowerCase() === "url" && /^https:\/\/\S+$/.test(text))
    return <OutsideLink href={text}>{text}</OutsideLink>;
  if (columnKind(type) === "date_time") return <>{formatInstant(text)}</>;
  return <CellValue value={value} type={type} />;
}
