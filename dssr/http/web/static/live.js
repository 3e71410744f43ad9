// Keeps parts of a page up to date. Of all tabs one listens to the bridge, because a browser has six
// connections for a host; it passes what it hears on to the others.
//
// Expects:
//   body[data-events]    the address of the stream of events (GET /api/v1/events)
//   figure[data-chart]   is a script's: of it, only whether it grows is taken from the fresh page
//   [data-live][id]      parts that are replaced by those of the same page, loaded anew, when a job
//                        has changed; with data-job only for the job with this id
//   [data-every]         on such a part: milliseconds after which it is loaded, as long as it has that
//   form[data-job-form]  keeps the page when the session ends: it comes back after the next login
//   [data-job], [id]     on what is in a list, such as rows: it stays itself, whatever comes before
// Sets body[data-listens] in the tab that listens, and sends the event "dssr:heard" to other scripts
// of the page whenever a job has or may have changed. What a user has chosen, opened, focused or
// scrolled to stays, and nothing is moved while the pointer is over a part.
import {localize} from "./times.js";

const UNATTENDED = {"X-Unattended": "1"}; // no user asked: it does not keep the session
const AT_MOST_EVERY = 1000; // ms between two loads
const POLL = 10000; // ms between two loads where the bridge takes no more listeners
const RETRY = 60000; // ms until it is asked again
const address = document.body.dataset.events;
const parts = [...document.querySelectorAll("[data-live][id]")];
let last = null; // the id of the last event
let isLoading = false;
let isWanted = false; // a load has to follow the one that runs, or the tab's being hidden
let loaded = 0;

if (address) {
  const name = `dssr-events ${new URL(address, location.href).pathname}`;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({data}) => receive(data);
  const pass = (message) => {
    channel.postMessage(message);
    receive(message);
  };
  if (navigator.locks) {
    navigator.locks.request(name, () => listen(pass));
  } else { // a page without TLS from another machine
    setInterval(() => receive({}), POLL);
  }
  document.addEventListener("visibilitychange", () => isWanted && load());
  for (const part of parts) {
    wait(part);
    part.addEventListener("pointerleave", () => part.dataset.waits !== undefined && load());
  }
}

// The milliseconds may be others after each load.
function wait(part) {
  if (part.dataset.every) {
    setTimeout(() => {
      if (part.dataset.every) {
        load();
      }
      wait(part);
    }, Number(part.dataset.every));
  }
}

// Listens as long as the tab lives: the promise keeps the lock.
function listen(pass) {
  document.body.dataset.listens = "";
  return new Promise(() => connect(pass));
}

function connect(pass) {
  const url = new URL(address, location.href);
  if (last !== null) {
    url.searchParams.set("after", last);
  }
  const source = new EventSource(url);
  source.addEventListener("job", (event) => {
    pass({id: event.lastEventId, job: JSON.parse(event.data).job.id});
  });
  source.addEventListener("open", () => pass({})); // something may have been missed
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) { // refused: too many listeners, or logged out
      const poll = setInterval(() => pass({}), POLL);
      setTimeout(() => {
        clearInterval(poll);
        connect(pass);
      }, RETRY);
    }
  });
}

// A message names the job that has changed; without one, any job may have.
function receive({id, job}) {
  last = id || last;
  document.dispatchEvent(new Event("dssr:heard"));
  if (parts.some((part) => !job || !part.dataset.job || part.dataset.job === job)) {
    load();
  }
}

async function load() {
  isWanted = true;
  if (document.hidden || isLoading || !parts.length) {
    return;
  }
  isLoading = true;
  await pause(Math.max(0, loaded + AT_MOST_EVERY - Date.now()));
  isWanted = false;
  try {
    const answer = await fetch(location.href, {cache: "no-store", headers: UNATTENDED});
    if (answer.redirected || answer.status === 401) { // the session has ended
      document.querySelector("form[data-job-form]") || location.reload();
    } else if (answer.ok) {
      renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch (error) {
    if (!(error instanceof TypeError)) { // no network at the moment: the next event loads
      throw error;
    }
  } finally {
    loaded = Date.now();
    isLoading = false;
  }
  if (isWanted) {
    load();
  }
}

function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function renew(page) {
  localize(page);
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (fresh) {
      delete part.dataset.waits;
      change(part, fresh, part.matches(":hover"));
    }
  }
  document.dispatchEvent(new Event("dssr:renewed"));
}

// Make a node like a fresh one. isHeld: nothing in it may move.
function change(node, fresh, isHeld) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== fresh.data) {
      node.data = fresh.data;
    }
    return;
  }
  if (node.dataset?.chart) {
    node.toggleAttribute("data-grows", fresh.hasAttribute("data-grows"));
    return;
  }
  for (const {name, value} of fresh.attributes ?? []) {
    if (node.getAttribute(name) !== value && !isUsers(node, name)) {
      node.setAttribute(name, value);
    }
  }
  for (const {name} of [...(node.attributes ?? [])]) {
    if (!fresh.hasAttribute(name) && !isUsers(node, name)) {
      node.removeAttribute(name);
    }
  }
  changeChildren(node, fresh, isHeld);
}

function isUsers(node, name) {
  return name === "data-waits" || (name === "open" && node.localName === "details");
}

function changeChildren(node, fresh, isHeld) {
  const named = new Map();
  for (const child of node.children) {
    if (key(child)) {
      named.set(key(child), child);
    }
  }
  const wanted = [...fresh.childNodes];
  const known = [...node.childNodes];
  const kept = wanted.map((child, at) => {
    const old = key(child) ? named.get(key(child)) : known[at];
    return old && isAlike(old, child) ? old : null;
  });
  kept.forEach((old, at) => old && change(old, wanted[at], isHeld));
  if (kept.length === known.length && kept.every((old, at) => old === known[at])) {
    return;
  }
  if (isHeld) {
    node.closest("[data-live]").dataset.waits = "";
    return;
  }
  const order = kept.map((old, at) => old ?? document.importNode(wanted[at], true));
  const stays = new Set(order);
  known.filter((child) => !stays.has(child)).forEach((child) => child.remove());
  order.forEach((child, at) => {
    if (node.childNodes[at] !== child) {
      node.insertBefore(child, node.childNodes[at] ?? null);
    }
  });
}

// A form's own id would be its field of that name.
function key(node) {
  return node.dataset?.job || node.getAttribute?.("id") || "";
}

function isAlike(node, other) {
  return node.nodeType === other.nodeType && node.nodeName === other.nodeName
    && key(node) === key(other);
}
