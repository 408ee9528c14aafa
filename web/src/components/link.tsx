import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import { type AnchorHTMLAttributes, forwardRef } from "react";

type Native<Props> = Props & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Props>;

/** A link within the application. */
export const Link = createLink(
  forwardRef<HTMLAnchorElement, Native<AnchorProps>>((props, ref) => <Anchor ref={ref} inherit {...props} />),
);

/** A link within the application that looks like a button. */
export const LinkButton = createLink(
  forwardRef<HTMLAnchorElement, Native<ButtonProps>>((props, ref) => <Button component="a" ref={ref} {...props} />),
);
