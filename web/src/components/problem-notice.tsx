import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./problem-notice.module.css";
import { StateIcon } from "./state-label";

/** What went wrong, as a person is told it. */
export interface Problem {
  title: string;
  detail?: string;
  hint?: string;
  code?: string;
  requestId?: string;
}

interface ProblemNoticeProps {
  problem: Problem;
  tone?: "problem" | "warning";
  onRetry?: () => void;
  /** The button that mends it. */
  action?: ReactNode;
  /** What else is to be said. */
  children?: ReactNode;
}

/** What happened, what to do, and a button that does it; the code in small print. */
export function ProblemNotice({ problem, tone = "problem", onRetry, action, children }: ProblemNoticeProps) {
  const { title, detail, hint, code, requestId } = problem;
  return (
    <div className={`${classes.notice} ${classes[tone]}`} role="alert">
      <div className={classes.icon}>
        <StateIcon tone={tone} size={20} />
      </div>
      <div className={classes.words}>
        <p className={classes.title}>{title}</p>
        {detail && detail !== title && <p className={classes.text}>{detail}</p>}
        {hint && <p className={classes.text}>{hint}</p>}
        {children}
        {(code || requestId) && (
          <p className={classes.fine}>
            {code && <code>{code}</code>}
            {code && requestId && " · "}
            {requestId && <>request {requestId}</>}
          </p>
        )}
        {(onRetry || action) && (
          <div className={classes.actions}>
            {action}
            {onRetry && (
              <Button variant="default" size="xs" leftSection={<IconRefresh size={16} aria-hidden />} onClick={onRetry}>
                Try again
              </Button>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

/** Something worth knowing that is not wrong. */
export function Notice({ children, tone = "quiet" }: { children: ReactNode; tone?: "quiet" | "warning" }) {
  return (
    <div className={`${classes.notice} ${classes[tone]}`}>
      <div className={classes.words}>{children}</div>
    </div>
  );
}
