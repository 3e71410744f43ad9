// How a job looks in a row of the table of jobs, as templates/parts.html has it.
import {localTime} from "./times.js";

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
const COUNT = 9; // cells of a row

// In its two largest units, as dssr/http/web/wording.py has it.
export function duration(seconds) {
  let left = Math.max(0, Math.floor(seconds));
  const first = UNITS.findIndex(([, size]) => left >= size);
  const parts = [];
  for (const [unit, size] of first < 0 ? UNITS.slice(-1) : UNITS.slice(first, first + 2)) {
    if (left >= size || !parts.length) {
      parts.push(`${Math.floor(left / size)} ${unit}`);
      left %= size;
    }
  }
  return parts.join(" ");
}

export class JobCells {
  // page: the address of a job's page with "ID" for its id; chosen: the ids that are chosen;
  // chooses: whether a user may choose
  constructor(store, looks, page, chosen, chooses) {
    this.store = store;
    this.looks = looks;
    this.page = page;
    this.chosen = chosen;
    this.chooses = chooses;
  }

  // What has not changed stays as it is: it may have the focus.
  fill(tr, row) {
    while (tr.cells.length < COUNT) {
      tr.insertCell();
    }
    const [choice, state, name, id, partition, nodes, time, submitted, why] = tr.cells;
    this.fillChoice(choice, row);
    this.fillState(state, row);
    this.fillName(name, row);
    setText(id, row.native);
    id.dataset.label = "id ";
    setText(partition, row.partition);
    setText(nodes, String(row.nodes ?? ""));
    nodes.className = "number";
    nodes.dataset.label = "nodes ";
    this.fillTime(time, row);
    setTime(submitted, "", row.submitted);
    setText(why, row.why);
    why.title = row.why;
  }

  fillChoice(cell, row) {
    let box = cell.querySelector("input");
    if (!this.chooses || this.looks[row.state]?.[2]) {
      box?.remove();
      return;
    }
    if (!box) {
      box = document.createElement("input");
      Object.assign(box, {type: "checkbox", name: "id", value: row.id});
      box.setAttribute("aria-label", `Choose ${row.name}, job ${row.native}`);
      cell.replaceChildren(box);
    }
    box.checked = this.chosen.has(row.id);
  }

  fillState(cell, row) {
    if (cell.querySelector("[data-state]")?.dataset.state === row.state) {
      return;
    }
    const [kind, shape] = this.looks[row.state] ?? ["unknown", "?"];
    const word = document.createElement("span");
    word.className = `state ${kind}`;
    word.dataset.state = row.state;
    const sign = document.createElement("span");
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = shape;
    word.append(sign, ` ${row.state}`);
    cell.replaceChildren(word);
  }

  fillName(cell, row) {
    let link = cell.querySelector("a");
    if (!link) {
      link = document.createElement("a");
      link.href = this.page.replace("ID", encodeURIComponent(row.id));
      cell.replaceChildren(link);
    }
    setText(link, row.name);
    cell.title = row.name;
  }

  fillTime(cell, row) {
    const elapsed = this.store.elapsed(row);
    if (elapsed !== null) {
      setText(cell, duration(elapsed) + (row.limit ? ` of ${duration(row.limit)}` : ""));
    } else {
      setTime(cell, "starts ", row.expected);
    }
    cell.title = cell.textContent;
  }
}

function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function setTime(cell, before, seconds) {
  if (seconds === null) {
    cell.replaceChildren();
    return;
  }
  const iso = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  if (cell.querySelector("time")?.dateTime === iso) {
    return;
  }
  const time = document.createElement("time");
  time.dateTime = iso;
  time.title = iso.replace("T", " ").replace("Z", " UTC");
  time.textContent = localTime(seconds);
  cell.replaceChildren(before, time);
}
