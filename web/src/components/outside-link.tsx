import { Anchor, VisuallyHidden } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import type { ReactNode } from "react";

/** A link that leaves for another site, marked as leaving. Only https and loopback http are followed. */
export function OutsideLink({ href, children }: { href: string; children: ReactNode }) {
  if (!/^https:\/\/|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(href)) return <>{children}</>;
  return (
    <Anchor href={href} target="_blank" rel="noopener noreferrer" inherit>
      {children}
      <IconExternalLink size={16} aria-hidden style={{ verticalAlign: "-3px", marginLeft: 4 }} />
      <VisuallyHidden>(opens in a new tab)</VisuallyHidden>
    </Anchor>
  );
}
