import type { RecordDetails, RecordFieldBody } from "../api/types";
import { toSections } from "../lib/sections";
import { goneWords } from "../lib/status";
import { CopyText } from "./copy-text";
import { WholeValue } from "./field-value";
import { OutsideLink } from "./outside-link";
import { ProblemNotice } from "./problem-notice";
import classes from "./record-panel.module.css";
import { TimeAgo } from "./time-ago";

/** One record with all its copied fields, by section. */
export function RecordPanel({ record }: { record: RecordDetails }) {
  return (
    <>
      <div className={classes.head}>
        <span style={{ display: "inline-flex", alignItems: "center", gap: 4 }}>
          <code className="small">{record.id}</code>
          <CopyText value={record.id} label="Copy the id" />
        </span>
        <span className="quiet">
          <TimeAgo at={record.synced_at} prefix="as of " />
        </span>
        <OutsideLink href={record.salesforce_url}>Open in Salesforce</OutsideLink>
      </div>
      {record.gone_at && (
        <ProblemNotice
          tone="warning"
          problem={{
            title: goneWords(record.gone_why),
            detail: record.merged_into
              ? `The record that is left is ${record.merged_into}. These are the last known values.`
              : "These are its last known values.",
          }}
        />
      )}
      {toSections(record.fields).map(({ title, fields }) => (
        <section key={title} aria-label={title}>
          <h3 className={classes.group}>{title}</h3>
          <dl className={classes.fields}>
            {fields.map((field) => (
              <Field key={field.name} field={field} />
            ))}
          </dl>
        </section>
      ))}
    </>
  );
}

function Field({ field }: { field: RecordFieldBody }) {
  return (
    <div className={classes.field}>
      <dt>
        {field.label}
        <span className={classes.api}>
          <code className="small ellipsis">{field.name}</code>
          <CopyText value={field.name} label="Copy the API name" />
        </span>
      </dt>
      <dd>
        {field.value === null || field.value === undefined ? (
          <span className={classes.void}>no value</span>
        ) : field.value === "" ? (
          <span className={classes.void}>empty text</span>
        ) : (
          <WholeValue value={field.value} type={field.type} />
        )}
      </dd>
    </div>
  );
}
