// Batch pages: start the download once by itself, and copy checksums. Everything works without it.
(() => {
  "use strict";

  const parameter = "download";

  // Only who comes from the confirmation window gets the file unasked, and only once.
  const isAsked = () => new URLSearchParams(location.search).has(parameter);

  const forgetRequest = () => {
    const url = new URL(location.href);
    url.searchParams.delete(parameter);
    history.replaceState(history.state, "", url);
  };

  const isFirst = (batch) => {
    const key = `downloaded-batch-${batch}`;
    try {
      if (sessionStorage.getItem(key)) return false;
      sessionStorage.setItem(key, "yes");
    } catch {
      // Without storage the URL alone remembers: it is cleaned below.
    }
    return true;
  };

  const startDownload = () => {
    const ready = document.querySelector("#batch-status[data-download]");
    if (!ready || !isAsked()) return;
    forgetRequest();
    if (isFirst(ready.dataset.batch)) location.assign(ready.dataset.download);
  };

  const showCopyButtons = () => {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  };

  const copy = async (button) => {
    const said = document.getElementById("announcements");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      if (said) said.textContent = "Copied.";
      button.dataset.label ??= button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
    } catch {
      if (said) said.textContent = "The browser did not allow copying.";
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  document.addEventListener("DOMContentLoaded", () => {
    startDownload();
    showCopyButtons();
  });
  document.addEventListener("htmx:afterSettle", () => {
    startDownload();
    showCopyButtons();
  });
})();
