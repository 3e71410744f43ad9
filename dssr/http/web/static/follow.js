// Adds to a job's output what the job prints, while the tab is visible.
//
// Expects:
//   .output[data-follow]          the address of the stream of lines: events "lines" with
//                                 {"lines": [LINE, ...], "open": LINE}, and "end". A LINE is a list
//                                 of parts [classes, text]; "open" has not ended yet
//   .line                         each line in it: an element for its number, and one for its text
//   .line[data-open]              the last line, where it has not ended
//   button[data-scroll-along]     whether the page scrolls to what is new (aria-pressed)
//   [data-extent]                 how much there was when the page was loaded; goes with new lines
// Sets data-follows on the output while it listens.
const MOST = 5000; // lines on the page
const RETRY = 10000; // ms until a bridge that takes no more listeners is asked again
const output = document.querySelector(".output[data-follow]");
const button = document.querySelector("button[data-scroll-along]");
let source = null;
let last = ""; // the id of the last event
let carried = []; // the parts of an open line that came over an earlier connection

if (output) {
  document.addEventListener("visibilitychange", () => document.hidden ? stop() : start());
  button?.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!scrollsAlong()));
    scroll();
  });
  start();
}

function start() {
  if (source || document.hidden) {
    return;
  }
  const url = new URL(output.dataset.follow, location.href);
  if (last) {
    url.searchParams.set("after", last);
  }
  source = new EventSource(url);
  source.addEventListener("open", () => {
    carried = parts(output.querySelector(".line[data-open]"));
    output.dataset.follows = "";
  });
  source.addEventListener("lines", (event) => {
    last = event.lastEventId || last;
    add(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      stop();
      setTimeout(start, RETRY);
    }
  });
  source.addEventListener("end", () => {
    stop();
    output.dataset.ended = "";
    source = "ended"; // nothing follows
  });
}

function stop() {
  if (source instanceof EventSource) {
    source.close();
    source = null;
    delete output.dataset.follows;
  }
}

function add({lines, open}) {
  if (lines.length || open.length) {
    document.querySelector("[data-extent]")?.remove();
  }
  const isAtEnd = scrollsAlong();
  let number = lastNumber();
  let line = output.querySelector(".line[data-open]");
  for (const found of lines) {
    line = fill(line ?? element(number + 1), [...carried, ...found]);
    delete line.dataset.open;
    number = lastNumber();
    carried = [];
    line = null;
  }
  if (open.length || carried.length) {
    line = fill(line ?? element(number + 1), [...carried, ...open]);
    line.dataset.open = "";
  }
  if (isAtEnd) {
    while (output.childElementCount > MOST) {
      output.firstElementChild.remove();
    }
    scroll();
  }
}

function element(number) {
  const line = document.createElement("div");
  const count = document.createElement("a");
  line.className = "line";
  count.textContent = Number.isNaN(number) ? "" : String(number);
  line.append(count, document.createElement("span"));
  output.append(line);
  return line;
}

function lastNumber() {
  const line = output.querySelector(".line:last-of-type");
  return line ? Number.parseInt(line.firstElementChild.textContent, 10) : 0;
}

function fill(line, found) {
  line.lastElementChild.replaceChildren(...found.map(([classes, text]) => {
    const part = document.createElement("span");
    part.className = classes;
    part.textContent = text;
    return part;
  }));
  return line;
}

function parts(line) {
  const text = line?.lastElementChild;
  return [...(text?.childNodes ?? [])].map((node) => [node.className ?? "", node.textContent]);
}

// Whether the end is in view, or the button says so.
function scrollsAlong() {
  if (button) {
    return button.getAttribute("aria-pressed") === "true";
  }
  return output.scrollHeight - output.scrollTop - output.clientHeight < 40;
}

function scroll() {
  output.scrollTop = output.scrollHeight;
  if (button?.getAttribute("aria-pressed") === "true") {
    output.lastElementChild?.scrollIntoView({block: "nearest"});
  }
}
