import type { FieldMappingPreview } from "../api/types";
import { formatNumber } from "../lib/format";
import classes from "./mapping-values.module.css";
import { Dash, Table } from "./table";

type Sample = FieldMappingPreview["samples"][number];

/** The most telling value of a mapping, before and after, and how many records have one. */
export function MappingValues({ preview, words }: { preview: FieldMappingPreview | undefined; words: string }) {
  const sample = preview?.samples.find(({ wanted }) => wanted) ?? preview?.samples.find(({ after }) => after !== null);
  return (
    <div className={classes.values}>
      {sample && (
        <span className={classes.sample}>
          <Change sample={sample} />
        </span>
      )}
      <span className={`quiet small ${classes.sample}`}>
        {[words, preview && countWords(preview)].filter(Boolean).join(" · ") || "\u00a0"}
      </span>
    </div>
  );
}

function countWords({ problem, source, unseen, read, filled, unfit }: FieldMappingPreview): string {
  if (problem) return "";
  if (unseen) return "No values to show: Salesforce did not answer";
  if (source === null || read === 0) return "no records to look at";
  if (unfit > 0) return `${formatNumber(unfit)} of ${formatNumber(read)} do not fit`;
  return `${formatNumber(filled)} of ${formatNumber(read)} have a value`;
}

/** All records that were looked at for a mapping, before and after. */
export function MappingSamples({ preview, fields }: { preview: FieldMappingPreview; fields: string[] }) {
  if (preview.problem) return <p className={classes.problem}>{preview.problem.text}</p>;
  if (preview.unseen) return <p className="quiet">{preview.unseen.text}</p>;
  if (preview.samples.length === 0) return <p className="quiet">There are no records to look at yet.</p>;
  return (
    <>
      <p className="quiet small" style={{ margin: "0 0 8px" }}>
        {preview.source === "stored" ? "Records of the copy" : "Records of the org, asked just now"}:{" "}
        {countWords(preview)}.
      </p>
      <Table label="Values before and after" sticky>
        <thead>
          <tr>
            <th scope="col">Record</th>
            {fields.map((field) => (
              <th key={field} scope="col" className="mono">
                {field}
              </th>
            ))}
            <th scope="col">Becomes</th>
          </tr>
        </thead>
        <tbody>
          {preview.samples.map((sample, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a sample have no identity.
            <tr key={index}>
              <td className="ellipsis" style={{ maxWidth: 160 }} dir="auto">
                {sample.record ?? <Dash />}
              </td>
              {fields.map((field, at) => (
                <td key={field} className="ellipsis" style={{ maxWidth: 180 }} dir="auto">
                  {sample.before[at] ?? <Dash />}
                </td>
              ))}
              <td className="ellipsis" style={{ maxWidth: 200 }} dir="auto">
                <After sample={sample} />
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </>
  );
}

function Change({ sample }: { sample: Sample }) {
  const before = sample.before.find((value) => value !== null);
  if (sample.after !== null && before !== undefined && isSame(before ?? "", sample.after))
    return <span dir="auto">{sample.after}</span>;
  return (
    <>
      <span className="quiet" dir="auto">
        {before ?? "empty"}
      </span>{" "}
      <span aria-hidden>→</span>
      <span className="sr-only">becomes</span> <After sample={sample} />
    </>
  );
}

/** Whether two texts are one value: an instant and a number may be written in several ways. */
function isSame(before: string, after: string): boolean {
  if (before === after) return true;
  if (/^\d{4}-\d\d-\d\dT/.test(before) && /^\d{4}-\d\d-\d\dT/.test(after)) {
    return Date.parse(before) === Date.parse(after);
  }
  return /^-?[\d.]+$/.test(before) && /^-?[\d.]+$/.test(after) && Number(before) === Number(after);
}

function After({ sample }: { sample: Sample }) {
  if (sample.wanted) return <span className={classes.problem}>not {sample.wanted}</span>;
  return sample.after === null ? <Dash /> : <span dir="auto">{sample.after}</span>;
}
