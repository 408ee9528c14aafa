import { notifications } from "@mantine/notifications";
import { IconCheck, IconExclamationCircle } from "@tabler/icons-react";
import { toProblem } from "./problem";

/** Says in passing that what the person just did is done. */
export function tellDone(message: string): void {
  notifications.show({ message, icon: <IconCheck size={16} aria-hidden />, color: "canal" });
}

/** Says in passing that what the person just did did not work. */
export function tellFailed(error: unknown): void {
  const problem = toProblem(error);
  notifications.show({
    title: problem.title,
    message: [problem.detail, problem.hint].filter((text) => text && text !== problem.title).join(" "),
    icon: <IconExclamationCircle size={16} aria-hidden />,
    color: "red",
    autoClose: 10_000,
  });
}
