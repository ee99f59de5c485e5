// Unbatched with script: ticks are sent at once, the confirmation opens as a window on the page.
// Without it the same forms work: boxes with "Apply selection", the confirmation as a page of its own.
(() => {
  "use strict";

  const LOOK_AGAIN = 60_000;
  const MOST_AT_ONCE = 400;

  const byId = (id) => document.getElementById(id);
  const boxes = () => [...document.querySelectorAll('#ticks input[name="ticked"]')];

  // Ticks

  const changes = new Map();
  let isSending = false;
  let waiting = [];
  let lastBox = null;
  let isShiftClick = false;

  const isBusy = () => isSending || changes.size > 0;

  function announce() {
    const counts = byId("selection-counts");
    const place = byId("announcements");
    if (counts && place) place.textContent = counts.textContent.replace(/\s+/g, " ").trim();
  }

  function askQuietly(method, url, values) {
    return htmx.ajax(method, url, { source: document.body, swap: "none", values });
  }

  async function sendTicks() {
    if (isSending) return;
    isSending = true;
    while (changes.size > 0) {
      const form = byId("ticks");
      const some = [...changes].slice(0, MOST_AT_ONCE);
      for (const [row] of some) changes.delete(row);
      if (!form) break;
      try {
        await askQuietly("POST", form.action, {
          act: "rows",
          as_of: form.elements.as_of.value,
          shown: some.map(([row]) => row),
          ticked: some.filter(([, isTicked]) => isTicked).map(([row]) => row),
        });
      } catch {
        changes.clear();
      }
    }
    isSending = false;
    announce();
    const actions = waiting;
    waiting = [];
    for (const action of actions) action();
  }

  function tick(box) {
    changes.set(box.value, box.checked);
    sendTicks();
  }

  function tickRange(from, to) {
    const all = boxes();
    const [first, last] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
    for (const box of all.slice(first, last + 1)) {
      box.checked = to.checked;
      changes.set(box.value, box.checked);
    }
    sendTicks();
  }

  document.addEventListener("click", (event) => {
    const label = event.target.closest("#ticks label.tick");
    if (!label) return;
    const box = label.querySelector('input[name="ticked"]');
    if (event.target !== box) {
      // The browser now clicks the box itself; it may forget about Shift.
      isShiftClick = event.shiftKey;
      return;
    }
    if ((event.shiftKey || isShiftClick) && lastBox && lastBox.isConnected) tickRange(lastBox, box);
    else tick(box);
    isShiftClick = false;
    lastBox = box;
  });

  // What was ticked before this script came.
  document.addEventListener("DOMContentLoaded", () => {
    for (const box of boxes()) if (box.checked !== box.defaultChecked) tick(box);
  });

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches('#ticks input[name="ticked"]')) return;
    if (event.key === "Enter") event.preventDefault();
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = boxes();
    all[all.indexOf(event.target) + step]?.focus();
  });

  function sendBatchForm() {
    const form = byId("batch-form");
    if (!form) return;
    // It has just come, and htmx would look at it a moment later only.
    htmx.process(form);
    form.requestSubmit();
  }

  // Whatever else is asked of the server waits until it knows all ticks. The answer to a tick
  // replaces the form that makes a batch: the new one is sent in the place of the old one.
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, issueRequest } = event.detail;
    if (elt === document.body || !isBusy()) return;
    event.preventDefault();
    const isReplaced = () => elt.id === "batch-form" && !elt.isConnected;
    waiting.push(() => (isReplaced() ? sendBatchForm() : issueRequest(true)));
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches(".filter-bar")) return;
    const values = event.detail.parameters;
    for (const [name, value] of Object.entries(values)) if (value === "") delete values[name];
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("#unbatched .filter-bar select")) event.target.form.requestSubmit();
  });

  // How things stand now

  setInterval(() => {
    const freshness = byId("freshness");
    if (!freshness || document.hidden || isBusy() || byId("draft-dialog")?.open) return;
    const url = `${freshness.dataset.url}&as_of=${encodeURIComponent(freshness.dataset.asOf)}`;
    askQuietly("GET", url, {}).catch(() => {});
  }, LOOK_AGAIN);

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  function complain(text) {
    const alert = document.createElement("div");
    alert.className = "alert alert-danger";
    alert.setAttribute("role", "alert");
    const again = document.createElement("a");
    again.href = window.location.href;
    again.textContent = "Reload the page";
    alert.append(`${text} `, again);
    byId("messages")?.replaceChildren(alert);
    alert.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("htmx:sendError", () => {
    complain("The server isn't responding, so your last change was not saved.");
  });

  const REFUSALS = {
    400: "Your last change was not saved because this page is out of date.",
    403: "Your session ended. Sign in and try again.",
  };

  document.addEventListener("htmx:responseError", (event) => {
    const refusal = REFUSALS[event.detail.xhr.status];
    complain(refusal ?? "The server could not process your last change, so it was not saved.");
  });

  // The confirmation window

  let hasPageChanged = false;

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "draft-window") return;
    if ([404, 409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    if (event.detail.xhr.status === 409) hasPageChanged = true;
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "draft-window") return;
    const dialog = byId("draft-dialog");
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector("[autofocus], .is-invalid") ?? byId("draft-title");
    first.focus();
    dialog.scrollTop = 0;
  });

  document.addEventListener("click", (event) => {
    const dialog = event.target.closest("#draft-dialog");
    if (!dialog) return;
    if (event.target.closest("[data-changes-page]")) hasPageChanged = true;
    if (event.target.closest("[data-close-window]")) {
      event.preventDefault();
      dialog.close();
    }
  });

  function afterWindow() {
    byId("draft-window").replaceChildren();
    byId("batch-button")?.focus();
    if (!hasPageChanged) return;
    hasPageChanged = false;
    htmx.ajax("GET", window.location.href, {
      source: byId("unbatched"),
      target: "#unbatched",
      swap: "outerHTML show:none",
    });
  }

  document.addEventListener("close", (event) => {
    if (event.target.id === "draft-dialog") afterWindow();
  }, true);
})();
