import type { ReactNode } from "react";
import { PageHeader } from "./page-header";
import { type Problem, ProblemNotice } from "./problem-notice";

interface BrokenPageProps {
  title: string;
  problem: Problem;
  onRetry?: () => void;
  action?: ReactNode;
}

/** A page whose main thing cannot be shown. */
export function BrokenPage({ title, ...notice }: BrokenPageProps) {
  return (
    <>
      <PageHeader title={title} />
      <ProblemNotice {...notice} />
    </>
  );
}
