// Sets light or dark before the first paint, so that the page never flashes.
// A file of its own because the content security policy allows no script inside the page.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("towpath-colour-scheme");
  } catch {
    // Storage may be blocked; the system's choice holds.
  }
  const scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
