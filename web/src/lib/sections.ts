import type { RecordFieldBody } from "../api/types";

export interface Section {
  title: string;
  fields: RecordFieldBody[];
}

const system = new Set([
  "Id",
  "OwnerId",
  "CreatedById",
  "CreatedDate",
  "LastModifiedById",
  "LastModifiedDate",
  "SystemModstamp",
  "LastActivityDate",
  "LastViewedDate",
  "LastReferencedDate",
  "IsDeleted",
  "MasterRecordId",
  "RecordTypeId",
]);

const address = /(Street|City|State|StateCode|PostalCode|Country|CountryCode|Latitude|Longitude|GeocodeAccuracy)$/;

/** The fields of a record in the sections in which people look for them. */
export function toSections(fields: RecordFieldBody[]): Section[] {
  const sections: Section[] = [
    { title: "Details", fields: [] },
    { title: "Addresses", fields: [] },
    { title: "Custom fields", fields: [] },
    { title: "System", fields: [] },
  ];
  for (const field of fields) sections[sectionOf(field.name)]?.fields.push(field);
  return sections.filter(({ fields: some }) => some.length > 0);
}

function sectionOf(name: string): number {
  if (system.has(name)) return 3;
  if (name.includes("__")) return 2;
  return address.test(name) ? 1 : 0;
}
