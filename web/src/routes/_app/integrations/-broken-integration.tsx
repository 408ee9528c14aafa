import { BrokenPage } from "../../../components/broken-page";
import { LinkButton } from "../../../components/link";
import { toProblem } from "../../../lib/problem";

/** The page of an integration that could not be loaded. */
export function BrokenIntegration({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <BrokenPage
      title="Integration"
      problem={toProblem(error)}
      onRetry={onRetry}
      action={
        <LinkButton size="xs" to="/integrations">
          All integrations
        </LinkButton>
      }
    />
  );
}
