import { Skeleton, VisuallyHidden } from "@mantine/core";
import { Card, Sections } from "./card";

/** The shape of a page while its code or first data is on the way. */
export function LoadingPage() {
  return (
    <div aria-busy role="status" aria-label="Loading">
      <VisuallyHidden component="h1">Loading</VisuallyHidden>
      <Skeleton height={20} width={220} mb={12} mt={4} />
      <Skeleton height={12} width={320} mb={28} maw="80%" />
      <Sections>
        <Card>
          <Skeleton height={14} width="40%" mb={16} />
          <Skeleton height={12} width="90%" mb={12} />
          <Skeleton height={12} width="75%" mb={12} />
          <Skeleton height={12} width="82%" />
        </Card>
      </Sections>
    </div>
  );
}
