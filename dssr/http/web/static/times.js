// Times as the browser's place has them, with UTC on hover.
// Expects: time[datetime], an ISO time; its text is replaced. Times in sentences become such.
const format = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short"});

export function localTime(seconds) {
  return format.format(new Date(seconds * 1000));
}

export function localize(root) {
  markTimes(root);
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) {
      time.textContent = format.format(moment);
    }
  }
}

const IN_WORDS = /\b(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?: UTC|Z)/;
const AS_WRITTEN = "pre, code, time, textarea, script, style, button, select, [data-follow], .output";

// Output, scripts and files stay as they are written.
function markTimes(root) {
  const walker = document.createTreeWalker(root.querySelector("main") ?? root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (IN_WORDS.test(node.data) && !node.parentElement.closest(AS_WRITTEN)) {
      found.push(node);
    }
  }
  for (let node of found) {
    for (let match; node && (match = IN_WORDS.exec(node.data));) {
      const rest = node.splitText(match.index + match[0].length);
      const time = document.createElement("time");
      time.dateTime = `${match[1]}T${match[2]}Z`;
      time.title = `${match[1]} ${match[2]} UTC`;
      node.splitText(match.index).replaceWith(time);
      node = rest;
    }
  }
}
