// What every page does: local times, the code of a link, logout in all tabs, and data-ready.
//
// Expects: time[datetime]; form.logout where there is a session; form[data-login-form] with a field
// "token"; form[data-job-form]. Sets body[data-ready] when the page is done.
import {localize} from "./times.js";

localize(document);
const login = document.querySelector("form[data-login-form]");
const code = /^#code=([\w-]{32})$/.exec(location.hash);
if (login && code) {
  history.replaceState(null, "", location.pathname + location.search);
  login.elements.token.value = code[1];
  login.requestSubmit();
}
const ends = new BroadcastChannel("dssr-sessions");
const logout = document.querySelector("form.logout");
if (logout) { // a form that is filled in stays: it comes back after the next login
  ends.onmessage = () => document.querySelector("form[data-job-form]") || location.reload();
} else if (new URLSearchParams(location.search).has("ended")) {
  ends.postMessage("ended");
}
document.body.dataset.ready = "";
