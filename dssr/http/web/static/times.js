// Times as the browser's place has them, with UTC on hover.
// Expects: time[datetime], an ISO time; its text is replaced.
const format = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short"});

export function localTime(seconds) {
  return format.format(new Date(seconds * 1000));
}

export function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) {
      time.textContent = format.format(moment);
    }
  }
}
