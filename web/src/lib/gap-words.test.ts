import { expect, test } from "vitest";
import type { MappingGapBody } from "../api/types";
import { fillWords, gapWords } from "./gap-words";

const gap: MappingGapBody = { sobject: "Account", fields: ["Website"], has_rule: true, rows: 12_430, calls: 7 };

test.each<[Partial<MappingGapBody>, string, string]>([
  [{}, "Website of Account is not copied yet.", "12,430 existing records can be filled with about 7 API calls."],
  [
    { fields: ["Type", "Site"], rows: 1, calls: 1 },
    "Type, Site of Account are not copied yet.",
    "1 existing record can be filled with about 1 API call.",
  ],
  [{ rows: 0 }, "Website of Account is not copied yet.", "Properties that it feeds stay empty until it is."],
  [
    { fields: ["A", "B", "C", "D"], rows: 0 },
    "A, B and 2 more of Account are not copied yet.",
    "Properties that they feed stay empty until they are.",
  ],
  [
    { has_rule: false, rows: 0, calls: 0 },
    "Account is not copied yet.",
    "Its 1 mapped field stays empty until a rule copies it.",
  ],
  [
    { fields: ["A", "B"], has_rule: false, rows: 0, calls: 0 },
    "Account is not copied yet.",
    "Its 2 mapped fields stay empty until a rule copies it.",
  ],
])("the offer of a backfill says what it fills and takes: %o", (part, what, offer) => {
  expect([gapWords({ ...gap, ...part }), fillWords({ ...gap, ...part })]).toEqual([what, offer]);
});
