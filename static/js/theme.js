// Follow the browser's colour scheme, unless the server was told which theme to show.
// Runs before the page is painted, so that it does not flash.
(() => {
  "use strict";

  const root = document.documentElement;
  if (root.hasAttribute("data-bs-theme")) return;

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  follow();
  dark.addEventListener("change", follow);
})();
