// What every page does: local times, the code of a link, logout in all tabs, and data-ready.
// Expects: time[datetime]; body[data-login] where there is a session; form[data-login-form].
"use strict";
for (const time of document.querySelectorAll("time[datetime]")) {
  time.textContent = new Date(time.dateTime).toLocaleString(undefined, {dateStyle: "medium", timeStyle: "short"});
}
const login = document.querySelector("form[data-login-form]");
const code = /^#code=([\w-]{32})$/.exec(location.hash);
if (login && code) {
  history.replaceState(null, "", location.pathname + location.search);
  login.elements.token.value = code[1];
  login.submit();
}
const ends = new BroadcastChannel("dssr-sessions");
ends.onmessage = () => location.reload();
if (document.body.dataset.login) {
  document.querySelector("form.logout").addEventListener("submit", () => setTimeout(() => ends.postMessage("ended"), 500));
}
document.body.dataset.ready = "";
