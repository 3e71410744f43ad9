// Keys for what a page is used for most: "/" searches, "j" and "k" go through a list, "?" shows them.
// They have no effect while a user types, and the list of keys has a switch for all of them.
//
// Expects:
//   [data-key="/"]     the field that "/" focuses
//   [data-job] a       the first link of each row is where "j" and "k" go
const STORED = "dssr-keys";
const ABOUT = [["/", "search"], ["j", "next job"], ["k", "job before"], ["?", "show these keys"]];
const ACTIONS = {
  "/": () => focus(document.querySelector('[data-key="/"]')),
  j: () => move(1),
  k: () => move(-1),
  "?": () => show(),
};
let dialog = null;

document.addEventListener("keydown", (event) => {
  const isOn = localStorage.getItem(STORED) !== "off" || event.key === "?";
  const isFree = !event.ctrlKey && !event.metaKey && !event.altKey && !dialog?.open;
  if (isOn && isFree && !isTyping(event.target) && ACTIONS[event.key]?.()) {
    event.preventDefault();
  }
});

function isTyping(target) {
  return target.isContentEditable || target.matches("textarea, select")
    || (target.matches("input") && !target.matches("[type=checkbox], [type=radio]"));
}

function focus(element) {
  element?.focus();
  element?.select?.();
  return element !== null;
}

function move(by) {
  const links = [...document.querySelectorAll("[data-job] a[href]:first-of-type")];
  const rows = [...new Map(links.map((link) => [link.closest("[data-job]"), link])).values()];
  const at = rows.findIndex((link) => link.closest("[data-job]").contains(document.activeElement));
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  return next ? focus(next) : false;
}

function show() {
  dialog ??= made();
  dialog.showModal();
  return true;
}

function made() {
  const found = document.createElement("dialog");
  const title = element("h2", "Keys");
  title.id = "keys-title";
  found.setAttribute("aria-labelledby", title.id);
  const list = document.createElement("dl");
  for (const [key, about] of ABOUT) {
    list.append(element("dt", key), element("dd", about));
  }
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = localStorage.getItem(STORED) !== "off";
  box.addEventListener("change", () => localStorage.setItem(STORED, box.checked ? "on" : "off"));
  label.append(box, " Use these keys");
  const close = element("button", "Close");
  close.addEventListener("click", () => found.close());
  found.append(title, list, label, close);
  document.body.append(found);
  return found;
}

function element(name, text) {
  const found = document.createElement(name);
  found.textContent = text;
  return found;
}
