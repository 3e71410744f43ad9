// A table of any number of rows, of which only those in view are in the page. All rows are as high
// as the first one: the style sheet sees to that.
const AROUND = 15; // rows above and below those in view

export class VirtualTable {
  // scroller: the element that scrolls; where the style sheet lets it show all, the page scrolls.
  // fill(tr, row): makes a row's element show the row;
  // lack(): is called where rows are in view, or nearly, that are not there yet
  constructor(scroller, fill, lack) {
    this.scroller = scroller;
    this.table = scroller.querySelector("table");
    this.body = this.table.tBodies[0];
    this.fill = fill;
    this.lack = lack;
    this.order = [];
    this.isShown = false; // until there is an order, the rows of the page stay
    this.count = 0;
    this.at = new Map(); // places in the order, by id
    this.elements = new Map([...this.body.rows].map((tr) => [tr.dataset.job, tr])); // by id
    this.height = 40; // pixels of a row, until the first one is there
    scroller.addEventListener("scroll", () => this.render());
    addEventListener("scroll", () => this.isPage && this.render());
    this.body.addEventListener("focusin", () => this.render());
    addEventListener("resize", () => this.measure());
  }

  get isPage() {
    return getComputedStyle(this.scroller).overflowY === "visible";
  }

  // The pixels of the rows above what is in view.
  get top() {
    return this.isPage ? Math.max(0, -this.body.getBoundingClientRect().top)
      : this.scroller.scrollTop;
  }

  set top(top) {
    if (!this.isPage) {
      this.scroller.scrollTop = top;
    } else if (top > 0 || this.top > 0) {
      scrollTo(scrollX, scrollY + this.body.getBoundingClientRect().top + top);
    }
  }

  // Show these rows, in this order, and room for others up to count. What is first in view stays
  // there.
  show(order, count) {
    const at = new Map(order.map((row, place) => [row.id, place]));
    const {top} = this;
    let first = Math.floor(top / this.height);
    while (top > 0 && first < this.order.length && !at.has(this.order[first].id)) {
      first += 1;
    }
    const moved = top > 0 && first < this.order.length ? at.get(this.order[first].id) - first : 0;
    this.order = order;
    this.isShown = true;
    this.at = at;
    this.count = count;
    this.table.setAttribute("aria-rowcount", String(count + 1));
    this.scrollTo(top + moved * this.height);
    this.measure();
  }

  // Replace what rows show, and leave all where they are.
  renew(rows) {
    this.order = this.order.map((row) => rows.get(row.id) ?? row);
    this.render();
  }

  scrollTo(top) {
    this.render(top);
    this.top = top;
    this.render();
  }

  render(top = this.top) {
    if (!this.isShown) {
      return;
    }
    const parts = [];
    let end = 0;
    for (const place of this.places(top)) {
      if (place > end) {
        parts.push(this.gap(place - end));
      }
      parts.push(this.element(place));
      end = place + 1;
    }
    if (end < this.count) {
      parts.push(this.gap(this.count - end));
    }
    const stays = new Set(parts);
    [...this.body.children].filter((tr) => !stays.has(tr)).forEach((tr) => tr.remove());
    parts.forEach((tr, at) => {
      if (this.body.children[at] !== tr) {
        this.body.insertBefore(tr, this.body.children[at] ?? null);
      }
    });
    this.elements = new Map(parts.filter((tr) => tr.dataset.job).map((tr) => [tr.dataset.job, tr]));
  }

  // The rows that are in view or near; and the one with the focus, with those that keys lead to.
  places(top) {
    const first = Math.min(this.order.length - 1, Math.floor(top / this.height));
    const inner = this.isPage ? innerHeight : this.scroller.clientHeight;
    const seen = Math.ceil(Math.max(inner, innerHeight / 2) / this.height);
    const found = new Set();
    const add = (from, to) => {
      const last = Math.min(to, this.order.length - 1);
      for (let place = Math.max(0, from); place <= last; place += 1) {
        found.add(place);
      }
    };
    add(first - AROUND, first + seen + AROUND);
    if (this.order.length < Math.min(this.count, first + seen + AROUND)) {
      this.lack();
    }
    const focused = this.at.get(this.body.querySelector(":focus")?.closest("tr").dataset.job);
    if (focused !== undefined) {
      add(focused - 1, focused + 1);
    }
    return [...found].sort((one, other) => one - other);
  }

  element(place) {
    const row = this.order[place];
    let tr = this.elements.get(row.id);
    if (!tr) {
      tr = document.createElement("tr");
      tr.dataset.job = row.id;
    }
    tr.setAttribute("aria-rowindex", String(place + 2));
    this.fill(tr, row);
    return tr;
  }

  // In place of so many rows.
  gap(count) {
    const tr = document.createElement("tr");
    tr.className = "gap";
    tr.setAttribute("aria-hidden", "true");
    const cell = tr.insertCell();
    cell.colSpan = this.table.tHead.rows[0].cells.length;
    cell.style.height = `${count * this.height}px`;
    return tr;
  }

  measure() {
    const height = this.body.querySelector("tr[data-job]")?.getBoundingClientRect().height;
    if (height && height !== this.height) {
      const first = this.top / this.height;
      this.height = height;
      this.scrollTo(first * height);
    }
  }
}
