import type { ConnectEnvironmentBody, EnvironmentKind } from "../api/types";

/** What somebody would have chosen to sign in at an address: an environment with a host of its own, else the custom domain. */
export function placeOfLogin(
  address: string,
  environments: Pick<ConnectEnvironmentBody, "kind" | "host">[],
): { environment: EnvironmentKind; host: string } {
  const url = URL.parse(address);
  const known = environments.find(({ host }) => host !== null && (host === url?.host || host === url?.hostname));
  return { environment: known?.kind ?? "custom", host: known ? "" : (url?.hostname ?? "") };
}
