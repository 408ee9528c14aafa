import { VisuallyHidden } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "./link";
import classes from "./steps.module.css";

export const setUpSteps = ["connect", "objects", "fields", "mappings", "groups", "review"] as const;

export type SetUpStep = (typeof setUpSteps)[number];

const words: Record<SetUpStep, string> = {
  connect: "Connect",
  objects: "Objects and filters",
  fields: "Fields",
  mappings: "Mappings",
  groups: "Connect groups",
  review: "Review",
};

interface StepsProps {
  now: SetUpStep;
  /** The integration, once the first step has made one. */
  integration?: string;
  /** What is settled in a step, such as `3 sObjects`. */
  notes?: Partial<Record<SetUpStep, string>>;
  done: ReadonlySet<SetUpStep>;
  children: ReactNode;
}

/** The steps of setting an integration up, with the present one beside them. */
export function Steps({ now, integration, notes = {}, done, children }: StepsProps) {
  return (
    <div className={classes.layout}>
      <nav aria-label="Steps">
        <ol className={classes.steps}>
          {setUpSteps.map((step, index) => {
            const state = step === now ? "now" : done.has(step) ? "done" : "later";
            return (
              <li
                key={step}
                className={classes.step}
                data-state={state}
                aria-current={step === now ? "step" : undefined}
              >
                <span className={classes.mark}>
                  {state === "done" ? <IconCheck size={14} aria-hidden /> : <span aria-hidden>{index + 1}</span>}
                </span>
                <span>
                  {integration && step !== "connect" && step !== now ? (
                    <Link to={`/integrations/$id/set-up/${step}`} params={{ id: integration }}>
                      {words[step]}
                    </Link>
                  ) : (
                    words[step]
                  )}
                  {state === "done" && <VisuallyHidden>, done</VisuallyHidden>}
                  {notes[step] && <span className={classes.note}>{notes[step]}</span>}
                </span>
              </li>
            );
          })}
        </ol>
      </nav>
      <div style={{ minWidth: 0 }}>{children}</div>
    </div>
  );
}

interface StepFootProps {
  back?: ReactNode;
  /** What is still to be done before anybody goes on, as a sentence. */
  lacks?: string;
  children: ReactNode;
}

/** The buttons below a step: back on the left, on on the right, and what is lacking beside it. */
export function StepFoot({ back, lacks, children }: StepFootProps) {
  return (
    <div className={classes.foot}>
      <div>{back}</div>
      <div style={{ display: "flex", flexWrap: "wrap", justifyContent: "end", gap: 8 }}>
        <span className="quiet" role="status" style={{ alignSelf: "center" }}>
          {lacks}
        </span>
        {children}
      </div>
    </div>
  );
}
