import { useMergedRef, useViewportSize } from "@mantine/hooks";
import { createLink } from "@tanstack/react-router";
import { type AnchorHTMLAttributes, forwardRef, type ReactNode, useEffect, useRef } from "react";
import classes from "./tabs.module.css";

/** Parts of a page that have addresses of their own. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className={classes.tabs}>
      {children}
    </nav>
  );
}

export const TabLink = createLink(
  forwardRef<HTMLAnchorElement, AnchorHTMLAttributes<HTMLAnchorElement> & { "data-status"?: string }>((props, ref) => {
    const tab = useRef<HTMLAnchorElement>(null);
    const merged = useMergedRef(ref, tab);
    const isChosen = props["data-status"] === "active";
    const { width } = useViewportSize();
    useEffect(() => {
      if (isChosen && width > 0 && tab.current) centre(tab.current);
    }, [isChosen, width]);
    return (
      <a {...props} ref={merged} className={classes.tab}>
        {props.children}
      </a>
    );
  }),
);

/** Moves the row of tabs, where it is wider than the screen, and nothing else of the page. */
function centre(tab: HTMLAnchorElement): void {
  const row = tab.parentElement;
  if (row) row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}
