// Totals while an invoice is edited. Only a picture: the server works everything out again.
// Figures are whole numbers (BigInt): a quantity or rate in millionths, money in cents.
(() => {
  "use strict";

  const form = document.getElementById("invoice-edit");
  const sums = form && form.querySelector(".edit-sums");
  if (!sums) return;

  const MILLION = 1000000n;

  // "1,250.5" as millionths; null for what is no number.
  const millionths = (text) => {
    const match = /^(-?)(\d*)(?:\.(\d{0,6}))?$/.exec(text.replace(/[,$\s]/g, ""));
    if (!match || !(match[2] || match[3])) return null;
    const value = BigInt(match[2] || "0") * MILLION + BigInt((match[3] || "").padEnd(6, "0"));
    return match[1] ? -value : value;
  };

  // Halves away from zero, as docs/rounding.md has it.
  const divide = (value, divisor) => {
    const size = value < 0n ? -value : value;
    const rounded = (size * 2n + divisor) / (divisor * 2n);
    return value < 0n ? -rounded : rounded;
  };

  const plain = (cents) => {
    const size = cents < 0n ? -cents : cents;
    const text = `${size / 100n}.${String(size % 100n).padStart(2, "0")}`;
    return cents < 0n ? `-${text}` : text;
  };

  const display = (cents) => plain(cents).replace(/\B(?=(\d{3})+\.)/g, ",");

  const field = (line, name) => line.querySelector(`[name$="-${name}"]`);

  const product = (line) => {
    const quantity = millionths(field(line, "quantity").value);
    const rate = millionths(field(line, "rate").value);
    if (quantity === null || rate === null) return null;
    return divide(quantity * rate, MILLION * MILLION / 100n);
  };

  const amount = (line) => {
    const typed = millionths(field(line, "amount").value);
    return typed === null ? product(line) || 0n : divide(typed, MILLION / 100n);
  };

  const taxOn = (taxable) => {
    const rate = form.elements.tax_rate.value.trim();
    const kept = form.dataset;
    const isSameRate =
      (rate === "" && kept.keptRate === "") ||
      (rate !== "" && kept.keptRate !== "" && millionths(rate) === millionths(kept.keptRate));
    if (isSameRate && taxable === BigInt(kept.keptTaxable)) return BigInt(kept.keptTax);
    const perCent = millionths(rate);
    if (perCent === null || taxable < 0n) return 0n;
    return divide(taxable * perCent, MILLION * 100n);
  };

  const show = () => {
    let subtotal = 0n;
    let taxable = 0n;
    for (const line of form.querySelectorAll("fieldset.line")) {
      const cents = amount(line);
      subtotal += cents;
      if (field(line, "is_taxable").checked) taxable += cents;
    }
    const tax = taxOn(taxable);
    const shown = { subtotal, tax, total: subtotal + tax };
    for (const [name, cents] of Object.entries(shown)) {
      sums.querySelector(`[data-sum="${name}"]`).textContent = display(cents);
    }
  };

  const setAmount = (line) => {
    const cents = product(line);
    if (cents !== null) field(line, "amount").value = plain(cents);
  };

  form.addEventListener("input", (event) => {
    const line = event.target.closest("fieldset.line");
    if (line && /-(quantity|rate)$/.test(event.target.name)) setAmount(line);
    show();
  });

  // What was typed before this script came.
  const isTyped = (input) => input.value !== input.defaultValue;
  for (const line of form.querySelectorAll("fieldset.line")) {
    const isAhead = isTyped(field(line, "quantity")) || isTyped(field(line, "rate"));
    if (isAhead && !isTyped(field(line, "amount"))) setAmount(line);
  }

  const fromServer = form.querySelector("[data-server-sums]");
  if (fromServer) fromServer.remove();
  sums.hidden = false;
  show();
})();
