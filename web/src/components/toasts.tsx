import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";
import { dropToast, listToasts, subscribeToToasts } from "../lib/toasts";
import { StateIcon } from "./state-label";
import classes from "./toasts.module.css";

/** The corner in which things are said in passing. */
export function Toasts() {
  const toasts = useSyncExternalStore(subscribeToToasts, listToasts);
  return (
    <section className={classes.corner} aria-live="polite" aria-label="Messages">
      {toasts.map(({ id, tone, title, text }) => (
        <div key={id} className={classes.toast}>
          <StateIcon tone={tone} size={20} />
          <div className={classes.words}>
            <p className={classes.title}>{title}</p>
            {text && <p className={classes.text}>{text}</p>}
          </div>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={24}
            onClick={() => dropToast(id)}
            aria-label="Close this message"
          >
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </div>
      ))}
    </section>
  );
}
