import { formatNumber } from "../lib/format";
import { Notice } from "./problem-notice";

interface ApprovalGaugeProps {
  used: number;
  most: number;
  /** What else is to be known of them. */
  note: string;
}

/** How many of the approvals that Salesforce keeps are taken, and what the next ones do. */
export function ApprovalGauge({ used, most, note }: ApprovalGaugeProps) {
  const words = approvalWarning(used, most);
  return (
    <>
      <meter min={0} max={most} high={most - 2} optimum={0} value={used} aria-label="Approvals taken" />{" "}
      {formatNumber(used)} of {formatNumber(most)} <span className="quiet small">{note}</span>
      {words && (
        <div style={{ marginTop: 8 }}>
          <Notice tone="warning">{words}</Notice>
        </div>
      )}
    </>
  );
}

/** What is to be known before the approvals are used up. */
export function approvalWarning(used: number, most: number): string | undefined {
  if (used >= most) {
    return "All approvals of this user and app are taken. One more sign-in would throw out the oldest, which would then need a reconnect.";
  }
  if (used === most - 1) {
    return "One approval is left. One more sign-in of this user with this app is the last before the oldest is thrown out.";
  }
  return undefined;
}
