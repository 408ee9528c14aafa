/** The pop-up in which somebody consents at Salesforce. It reports through the server, never through `window.opener`. */

const NAME = "towpath-connect";
const HERE = "towpath-connect-here";

/** Opens an empty pop-up. Must be called while a click is handled; nothing comes back where pop-ups are blocked. */
export function openConsentWindow(): Window | null {
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
