import classes from "./environment-badge.module.css";

const words = { production: "Production", sandbox: "Sandbox", simulated: "Simulated" };

export type Environment = keyof typeof words;

/** Which kind of org this is: solid, outlined or hatched. */
export function EnvironmentBadge({ environment }: { environment: Environment }) {
  return <span className={`${classes.badge} ${classes[environment]}`}>{words[environment]}</span>;
}
