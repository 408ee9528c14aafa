export type Role = "viewer" | "operator" | "admin" | "owner";

const order: Role[] = ["viewer", "operator", "admin", "owner"];

/** What each role may do, for the place where one is chosen. */
export const roleMeanings: Record<Role, string> = {
  viewer: "Sees integrations, runs and data.",
  operator: "Also starts syncs, pauses and resumes.",
  admin: "Also connects orgs and sets up integrations.",
  owner: "Also manages members and keys.",
};

/** Every role, the weakest first, as choices. */
export const roleChoices = order.map((role) => ({ value: role, label: roleLabel(role) }));

export function roleLabel(role: Role): string {
  return role.charAt(0).toUpperCase() + role.slice(1);
}

export function isAtLeast(role: Role, needed: Role): boolean {
  return order.indexOf(role) >= order.indexOf(needed);
}

/** Why an action is not open to `role`, or nothing where it is. */
export function reasonAgainst(role: Role, needed: Role): string | undefined {
  if (isAtLeast(role, needed)) return undefined;
  const who =
    needed === "owner"
      ? "Only owners"
      : needed === "admin"
        ? "Only admins and owners"
        : "Only operators, admins and owners";
  return `${who} can do this. You are ${/^[aeiou]/.test(role) ? "an" : "a"} ${role}.`;
}
