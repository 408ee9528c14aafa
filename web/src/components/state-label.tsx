import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconExclamationCircle,
  IconRefresh,
} from "@tabler/icons-react";
import type { StatusWord, Tone } from "../lib/status";
import classes from "./state-label.module.css";

const icons: Record<Tone, typeof IconRefresh> = {
  ok: IconCircleCheck,
  running: IconRefresh,
  warning: IconAlertTriangle,
  problem: IconExclamationCircle,
  quiet: IconCircleDashed,
};

/** The icon of a state, in its colour. */
export function StateIcon({ tone, size = 16 }: { tone: Tone; size?: number }) {
  const Icon = icons[tone];
  return (
    <span className={classes[tone]} style={{ color: "var(--tone)", display: "inline-flex" }}>
      <Icon size={size} className={tone === "running" ? classes.turning : undefined} aria-hidden />
    </span>
  );
}

/** A state as colour, icon and word. */
export function StateLabel({ state, plain }: { state: StatusWord; plain?: boolean }) {
  return (
    <span className={`${classes.label} ${classes[state.tone]} ${plain ? classes.plain : ""}`}>
      <StateIcon tone={state.tone} />
      {state.word}
    </span>
  );
}
