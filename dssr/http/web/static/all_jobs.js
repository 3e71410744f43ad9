// The table of all jobs: filter and order at once, rows as far as they are in view. What a user has
// chosen, focused or scrolled to stays, and nothing moves under the pointer. The rows of all jobs are
// fetched when a user scrolls, filters or orders; until then, the first ones are enough.
//
// Expects:
//   [data-all-jobs]          the address of the rows, and on the same element
//     data-page              the address of a job's page with "ID" for its id
//     data-looks             JSON: by state its class, its shape, whether it is an end
//     data-most              how many jobs are cancelled at once
//                            and in it a form with a table in .scroll, with data-chooses for a user
//                            who may cancel jobs; [data-age], [data-none] and [data-shown] for
//                            sentences; a[data-csv]
//   form[data-job-filter]    with the fields state, name, partition, user
//   [data-without-script]    what is of no use here
// Sets data-total, data-count and data-known, of all jobs, of those shown, and of those whose rows are
// here, on the first.
import {JobStore} from "./job_store.js";
import {JobCells, duration} from "./job_cells.js";
import {VirtualTable} from "./virtual_table.js";

const AT_MOST_EVERY = 1000; // ms between two fetches
const AT_LEAST_EVERY = 15000; // while no job changes: the age of what is shown does
const WORDS = ["name", "partition", "user"];
const COLUMNS = ["", "state", "name", "id", "partition", "nodes", "time", "submitted", "why"];
const part = document.querySelector("[data-all-jobs]");
const filter = document.querySelector("form[data-job-filter]");
const form = part.querySelector("form");
const store = new JobStore(part.dataset.allJobs, filterChosen());
const looks = JSON.parse(part.dataset.looks);
const chosen = new Set([...form.querySelectorAll("input:checked")].map((box) => box.value));
const cells = new JobCells(store, looks, part.dataset.page, chosen, "chooses" in form.dataset);
const table = new VirtualTable(form.querySelector(".scroll"), (tr, row) => cells.fill(tr, row),
  needAll);
const KEYS = {
  state: (row) => row.state,
  name: (row) => row.name.toLowerCase(),
  id: (row) => Number(row.native) || row.native,
  partition: (row) => row.partition,
  nodes: (row) => row.nodes ?? -1,
  time: (row) => store.elapsed(row) ?? -1,
  submitted: (row) => row.submitted ?? 0,
  why: (row) => row.why,
};
let needsAll = /[?&](sort|after)=/.test(location.search);
let isFetching = false;
let isWanted = false;
let hurry = () => {}; // ends the pause before a fetch
let fetched = 0;
let waits = false; // for the pointer to leave
let begun = false;

fetchRows();
filter.addEventListener("input", filtered);
document.addEventListener("dssr:heard", fetchRows);
document.addEventListener("visibilitychange", fetchRows);
setInterval(() => Date.now() - fetched > AT_LEAST_EVERY ? fetchRows() : table.render(), 5000);

async function fetchRows() {
  isWanted = true;
  if (document.hidden || isFetching) {
    return;
  }
  isFetching = true;
  while (isWanted && !document.hidden) {
    const pause = isReading() ? 0 : Math.max(0, fetched + AT_MOST_EVERY - Date.now());
    await new Promise((done) => {
      hurry = done;
      setTimeout(done, pause);
    });
    isWanted = false;
    const isAsked = isReading();
    try {
      await store.refresh(needsAll);
      begun ? update(isAsked) : begin();
    } catch (error) {
      // No answer at the moment, or a proxy's: the next event fetches.
      if (!(error instanceof TypeError || error instanceof SyntaxError)) {
        isFetching = false;
        throw error;
      }
    }
    fetched = Date.now();
  }
  isFetching = false;
}

// Whether all rows are needed and not here yet.
function isReading() {
  return needsAll && !store.isWhole;
}

function needAll() {
  if (!needsAll && !store.isWhole) {
    needsAll = true;
    begun && say();
    hurry();
    fetchRows();
  }
}

function begin() {
  begun = true;
  document.querySelectorAll("[data-without-script]").forEach((one) => {
    one.hidden = true;
  });
  table.table.classList.add("all");
  addOrders();
  filter.addEventListener("focusin", needAll);
  filter.addEventListener("submit", (event) => {
    event.preventDefault();
    filtered();
  });
  form.addEventListener("change", ({target}) => {
    target.checked ? chosen.add(target.value) : chosen.delete(target.value);
    say();
  });
  form.addEventListener("submit", sendChosen);
  table.body.addEventListener("pointerleave", () => waits && arrange());
  table.scroller.addEventListener("scrollend", keepPlace);
  document.addEventListener("scrollend", keepPlace);
  arrange();
  table.scrollTo(firstPlace());
}

// isAsked: the user waits for all rows
function update(isAsked) {
  for (const id of chosen) {
    const row = store.rows.get(id);
    if (row ? looks[row.state]?.[2] ?? true : store.isWhole) {
      chosen.delete(id);
    }
  }
  if (!isAsked && matchMedia("(hover: hover)").matches && table.body.matches(":hover")) {
    waits = true;
    table.renew(store.rows);
    say();
  } else {
    arrange();
  }
}

function filtered() {
  const url = new URL(location.href);
  url.searchParams.delete("after");
  for (const {name, value} of [...filter.elements].filter((field) => field.name)) {
    value.trim() ? url.searchParams.set(name, value.trim()) : url.searchParams.delete(name);
  }
  history.replaceState(history.state, "", url);
  begun && arrange();
}

function arrange() {
  waits = false;
  const {state} = filter.elements;
  const words = WORDS.map((name) => filter.elements[name].value.trim().toLowerCase());
  const [name, partition, user] = words;
  const rows = store.newest.filter((row) => row.words.includes(name)
    && row.partition.toLowerCase().includes(partition) && row.user.toLowerCase().includes(user)
    && isIn(state.value, row.state));
  const [column, isDown] = orderChosen();
  const isCounted = !store.isWhole && filterChosen() === store.filter;
  if (column || !isCounted) {
    needAll();
  }
  if (column) {
    const keys = new Map(rows.map((row) => [row, KEYS[column](row)]));
    const sign = isDown ? -1 : 1;
    rows.sort((one, other) => sign * compare(keys.get(one), keys.get(other)));
  }
  table.show(rows, isCounted ? store.about.count : rows.length);
  say();
}

function filterChosen() {
  return String(new URLSearchParams(new FormData(filter)));
}

function isIn(wanted, state) {
  return !wanted || wanted === state || wanted === (looks[state]?.[2] ? "ended" : "active");
}

function compare(one, other) {
  return one < other ? -1 : Number(one > other);
}

// The column and whether its greatest comes first; none: the newest job comes first.
function orderChosen() {
  const [, sign, column] = /^(-?)(\w+)$/.exec(new URL(location).searchParams.get("sort")) ?? [];
  return column in KEYS ? [column, sign === "-"] : ["", false];
}

function addOrders() {
  [...table.table.tHead.rows[0].cells].forEach((cell, at) => {
    if (COLUMNS[at]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "order";
      button.textContent = cell.textContent;
      button.addEventListener("click", () => order(COLUMNS[at]));
      cell.replaceChildren(button);
    }
  });
  showOrder();
}

// Once upwards, once downwards, then as before.
function order(column) {
  const [now, isDown] = orderChosen();
  const url = new URL(location.href);
  if (now === column && isDown) {
    url.searchParams.delete("sort");
  } else {
    url.searchParams.set("sort", now === column ? `-${column}` : column);
  }
  history.replaceState(history.state, "", url);
  showOrder();
  table.top = 0;
  arrange();
}

function showOrder() {
  const [column, isDown] = orderChosen();
  [...table.table.tHead.rows[0].cells].forEach((cell, at) => {
    if (column && column === COLUMNS[at]) {
      cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    } else {
      cell.removeAttribute("aria-sort");
    }
  });
}

// Where a user was on this page, or the place that a link names.
function firstPlace() {
  const [time, id] = (new URL(location).searchParams.get("after") ?? "").split("~");
  const behind = table.order.findIndex((row) => id && (row.submitted < Number(time)
    || (row.submitted === Number(time) && row.id < id)));
  return history.state?.top ?? Math.max(0, behind) * table.height;
}

function keepPlace() {
  history.replaceState({...history.state, top: table.top}, "");
}

// Jobs that are chosen and not in view are sent, too.
function sendChosen() {
  form.querySelectorAll("[data-chosen]").forEach((field) => field.remove());
  const shown = new Set([...form.querySelectorAll("input:checked")].map((box) => box.value));
  for (const id of chosen) {
    if (!shown.has(id)) {
      const field = document.createElement("input");
      Object.assign(field, {type: "hidden", name: "id", value: id});
      field.dataset.chosen = "";
      form.append(field);
    }
  }
}

function say() {
  const count = table.count.toLocaleString();
  const total = store.about.total.toLocaleString();
  const unit = store.about.total === 1 ? "job" : "jobs";
  const {problem} = store.about;
  const isEmpty = table.count === 0 && !isReading();
  part.dataset.count = String(table.count);
  part.dataset.total = String(store.about.total);
  part.dataset.known = String(store.rows.size);
  form.hidden = isEmpty;
  part.querySelector("[data-none]").hidden = !isEmpty;
  part.querySelector("[data-none]").textContent = problem && !store.about.total ? "Not known."
    : store.about.total ? "No job is like that." : "There are no jobs yet.";
  part.querySelector("[data-shown]").textContent = (isReading() ? `Reading ${total} ${unit} …`
    : count === total ? `${total} ${unit}` : `${count} of ${total} ${unit}`) + chosenWords();
  const link = part.querySelector("a[data-csv]");
  link.search = location.search;
  sayAge(problem, store.age());
}

function chosenWords() {
  const most = Number(part.dataset.most);
  const limit = chosen.size > most ? `; ${most} at most can be cancelled at once` : "";
  return chosen.size ? `, ${chosen.size} chosen${limit}` : "";
}

function sayAge(problem, age) {
  const text = problem ? `${problem} ${age === null
    ? "The cluster has not answered yet, so nothing is known."
    : `This page shows what was known ${duration(age)} ago.`}`
    : `The cluster was asked ${duration(age)} ago.`;
  let line = part.querySelector("[data-age] p");
  if (!line || line.className !== (problem ? "problem" : "age")) {
    line = document.createElement("p");
    line.className = problem ? "problem" : "age";
    problem && line.setAttribute("role", "alert");
    part.querySelector("[data-age]").replaceChildren(line);
  }
  if (line.textContent !== text) {
    line.textContent = text;
  }
}
