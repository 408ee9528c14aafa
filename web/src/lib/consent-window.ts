/** The pop-up in which somebody consents at Salesforce. It reports through the server, never through `window.opener`. */

const NAME = "towpath-connect";
const HERE = "towpath-connect-here";
const PAGE = "towpath-connect-page:";

/** Opens an empty pop-up. Must be called while a click is handled; nothing comes back where pop-ups are blocked. */
export function openConsentWindow(): Window | null {
  // Whoever came back from the consent page by the browser's button goes on in a window, which takes over what this tab kept.
  window.sessionStorage.removeItem(HERE);
  const left = window.screenX + Math.max(0, (window.outerWidth - 560) / 2);
  const top = window.screenY + Math.max(0, (window.outerHeight - 760) / 2);
  const popup = window.open("", NAME, `popup,width=560,height=760,left=${left},top=${top}`);
  if (!popup) return null;
  try {
    // What is shown there next must not be able to steer this page.
    popup.opener = null;
  } catch {
    // A window of that name that is at Salesforce already belongs to another site.
  }
  popup.focus();
  return popup;
}

/** Keeps the address of a walk's consent page, for a tab that is loaded anew meanwhile. */
export function keepConsentPage(flow: string, authorizeUrl: string): void {
  window.sessionStorage.setItem(PAGE + flow, authorizeUrl);
}

/** The address of a walk's consent page, where this tab has opened it. */
export function consentPageOf(flow: string): string | undefined {
  return window.sessionStorage.getItem(PAGE + flow) ?? undefined;
}

/** Forgets it once the walk is over. */
export function forgetConsentPage(flow: string): void {
  window.sessionStorage.removeItem(PAGE + flow);
}

/** Goes to the consent page in this tab, and remembers that this tab is to be continued in. */
export function consentHere(authorizeUrl: string): void {
  window.sessionStorage.setItem(HERE, "1");
  window.location.assign(authorizeUrl);
}

/** Whether this tab went to the consent page itself. True once. */
export function cameBackHere(): boolean {
  const here = window.sessionStorage.getItem(HERE) !== null;
  window.sessionStorage.removeItem(HERE);
  return here;
}
