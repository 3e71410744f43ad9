// Draws the tables of a job's results.
//
// Expects uPlot (vendor/uplot-*.min.js, .css), and for each plot:
//   figure[data-chart]            the address of what is drawn, as dssr/http/web/results/chart.py has
//                                 it; "width", "low" and "high" are added to its query
//   figure[data-grows]            the job still writes: the plot is loaded anew every ten seconds,
//                                 and once more after that has ended
// and in the figure, each if it is wanted:
//   [data-plot]                   where it is drawn
//   [data-plot-message]           for sentences: what is wrong, or left out
//   button[data-plot-log=x|y]     a logarithmic axis (aria-pressed)
//   button[data-plot-all]         the whole range again; dragging over a plot zooms in
//   button[data-plot-save=png|csv]
//   details[data-plot-columns]    gets the choice of columns
// Figures that come into the page later (the event "dssr:renewed" of live.js) are drawn as well.
// Sets figure[data-ready] when the plot is drawn.
import {csv, picture, save} from "./plot_files.js";
import {localTime} from "./times.js";

const UNATTENDED = {"X-Unattended": "1"}; // no user asked: it does not keep the session
const HEIGHT = 320; // px
const GROWS_EVERY = 10000; // ms
const FEW = 30; // rows, each of which is a point on its line
const ATTEMPTS = 5; // where the bridge has too many loads at once
const RETRY_AFTER = 5; // s, where it does not say when to ask again
// Okabe and Ito's, which people who see fewer colours can tell apart; lines differ in dashes, too.
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
let previous = Promise.resolve(); // the load before
const known = new WeakSet(); // the figures that have a plot

function begin() {
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    if (!known.has(figure)) {
      known.add(figure);
      new Plot(figure);
    }
  }
}

begin();
document.addEventListener("dssr:renewed", begin);

function Plot(figure) {
  const place = figure.querySelector("[data-plot]") ?? figure;
  let range = {}; // low and high of x, where a user has zoomed in
  let chart = null;
  let drawn = null;
  let log = null; // the axes of a user's choice
  let chosen = null; // the columns of a user's choice
  let asked = 0; // loads, of which the last one is drawn
  let ended = 0; // the last one that has an answer

  const load = async (headers = {}) => {
    const mine = ++asked;
    const url = new URL(figure.dataset.chart, location.href);
    url.searchParams.set("width", String(Math.max(100, Math.round(place.clientWidth))));
    for (const [name, value] of Object.entries(range)) {
      url.searchParams.set(name, String(value));
    }
    if (chosen) {
      url.searchParams.set("x", chosen.x);
      chosen.y.forEach((name) => url.searchParams.append("y", name));
    }
    let found;
    try {
      found = await inTurn(() => mine === asked ? fetchPatiently(url, headers) : null);
    } catch { // no answer, or a proxy's
      found = {detail: "The plot cannot be loaded now: load the page again."};
    }
    if (mine !== asked) {
      return;
    }
    ended = mine;
    if (found.detail !== undefined) {
      say(found.detail);
      return;
    }
    chart = found;
    log ??= new Set(chart.log);
    offerColumns();
    draw();
  };

  const draw = () => {
    if (!place.isConnected) { // the page has been renewed without it, or is left
      return;
    }
    drawn?.destroy();
    const data = chart.data.map((column, at) => positive(column, log.has(at ? "y" : "x")));
    drawn = new uPlot(options(chart, log, place, zoom), data, place);
    for (const button of figure.querySelectorAll("[data-plot-log]")) {
      button.setAttribute("aria-pressed", String(log.has(button.dataset.plotLog)));
    }
    const thinned = chart.is_thinned ? [`${chart.rows} rows: zoom in to see each of them.`] : [];
    const none = data[0].length ? [] : ["There are no rows yet."];
    say([...chart.notes, ...thinned, ...none, ...leftOut(chart, log)].join(" "));
    figure.dataset.ready = "";
  };

  // Once, when it is known which columns there are.
  const offerColumns = () => {
    const box = figure.querySelector("[data-plot-columns]");
    if (!box?.hidden || !chart.columns.length) {
      return;
    }
    const choice = columnsOf(chart);
    choice.addEventListener("change", () => {
      const form = new FormData(choice);
      chosen = {x: form.get("x"), y: form.getAll("y")};
      range = {};
      load();
    });
    box.append(choice);
    box.hidden = false;
  };

  const zoom = (low, high) => {
    range = {low, high};
    load();
  };

  const say = (text) => {
    const message = figure.querySelector("[data-plot-message]");
    if (message) {
      message.textContent = text;
    }
  };

  figure.addEventListener("click", ({target}) => {
    const button = target.closest("button");
    if (!button || !chart) {
      return;
    }
    const {plotLog, plotAll, plotSave} = button.dataset;
    if (plotLog) {
      log.has(plotLog) ? log.delete(plotLog) : log.add(plotLog);
      draw();
    } else if (plotAll !== undefined) {
      range = {};
      load();
    } else if (plotSave === "png") {
      picture(drawn, figure).toBlob((blob) => save(blob, `${chart.title}.png`));
    } else if (plotSave === "csv") {
      save(new Blob([csv(chart)], {type: "text/csv"}), `${chart.title}.csv`);
    }
  });
  if (figure.dataset.grows !== undefined) {
    const timer = setInterval(() => {
      const isLast = figure.dataset.grows === undefined || !figure.isConnected;
      if (isLast) {
        clearInterval(timer);
      }
      const waits = document.hidden || range.low !== undefined || ended !== asked;
      if (figure.isConnected && (isLast || !waits)) {
        load(UNATTENDED);
      }
    }, GROWS_EVERY);
  }
  addEventListener("resize", () => drawn?.setSize({width: place.clientWidth, height: HEIGHT}));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart && draw());
  load();
}

// A form of the columns: one for x, and any of those with numbers for y.
function columnsOf(chart) {
  const form = document.createElement("form");
  const across = document.createElement("select");
  across.name = "x";
  across.setAttribute("aria-label", "x"); // and not its options, too
  for (const {name} of chart.columns) {
    across.append(new Option(name, name, false, name === chart.x.name));
  }
  form.append(labelled("x", across, ""));
  for (const {name} of chart.columns.filter((column) => column.is_number)) {
    const box = document.createElement("input");
    Object.assign(box, {type: "checkbox", name: "y", value: name});
    box.checked = chart.series.includes(name);
    form.append(labelled(name, box, "check"));
  }
  return form;
}

function labelled(text, control, kind) {
  const label = document.createElement("label");
  label.className = kind;
  label.append(...(kind === "check" ? [control, ` ${text}`] : [`${text} `, control]));
  return label;
}

// One load after the other: each is a download, of which a caller has few at once.
function inTurn(act) {
  const turn = previous.then(act);
  previous = turn.catch(() => {});
  return turn;
}

// What is drawn, or {detail} with what is wrong.
async function fetchPatiently(url, headers) {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(url, {headers});
    if (answer.redirected) { // the session has ended
      location.reload();
    }
    if (![429, 503].includes(answer.status) || attempt === ATTEMPTS) {
      const found = await answer.json();
      return answer.ok ? found : {detail: found.detail ?? answer.statusText};
    }
    const seconds = Number(answer.headers.get("Retry-After") ?? RETRY_AFTER);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

// A logarithmic axis has no place for zero and below.
function positive(column, isLog) {
  return isLog ? column.map((value) => value > 0 ? value : null) : column;
}

// How many values of the file's it leaves out.
function leftOut(chart, log) {
  const count = (columns) => columns.flat().filter((value) => value !== null && value <= 0).length;
  const [x, ...ys] = chart.data;
  return [["x", [x]], ["y", ys]]
    .map(([name, columns]) => [name, log.has(name) ? count(columns) : 0])
    .filter(([, lost]) => lost)
    .map(([name, lost]) => `Log ${name} leaves out what is not above 0: ${lost} drawn otherwise.`);
}

// uPlot's own are rounded to thousandths.
function logTicks(_, places) {
  return places.map((value) => value === null ? "" : String(Number(value.toPrecision(3))));
}

function options(chart, log, place, zoom) {
  const colour = getComputedStyle(place).color;
  const axis = {stroke: colour, grid: {stroke: `${rgb(colour)} / 0.15)`}, ticks: {stroke: colour}};
  const isBars = chart.kind === "bars" || chart.kind === "histogram";
  const x = {...axis, label: chart.x.name};
  if (chart.labels.length) {
    x.values = (_, places) => places.map((at) => chart.labels[at] ?? "");
  }
  if (log.has("x") && !chart.x.is_time) {
    x.values = logTicks;
  }
  const y = {...axis, size: 70, ...(log.has("y") && {values: logTicks})};
  const shown = chart.x.is_time ? (_, value) => value === null ? "" : localTime(value) : undefined;
  return {
    title: chart.title,
    width: place.clientWidth,
    height: HEIGHT,
    scales: {
      x: {time: chart.x.is_time, distr: log.has("x") ? 3 : 1},
      y: {distr: log.has("y") ? 3 : 1},
    },
    axes: [x, y],
    series: [
      {label: chart.x.name, value: shown},
      ...chart.series.map((name, at) => ({
        label: name,
        stroke: COLOURS[at % COLOURS.length],
        dash: DASHES[Math.floor(at / COLOURS.length) % DASHES.length],
        width: 2,
        paths: isBars ? uPlot.paths.bars() : chart.kind === "points" ? () => null : undefined,
        fill: isBars ? COLOURS[at % COLOURS.length] : undefined,
        points: {show: chart.kind === "points" || chart.data[0].length <= FEW || undefined, size: 6},
      })),
    ],
    cursor: {drag: {x: true, y: false, setScale: false}},
    hooks: {
      setSelect: [(plot) => {
        if (plot.select.width > 3) {
          const ends = [plot.select.left, plot.select.left + plot.select.width];
          zoom(...ends.map((end) => plot.posToVal(end, "x")));
        }
      }],
    },
  };
}

// "rgb(1, 2, 3)" as the beginning of a colour with an opacity.
function rgb(colour) {
  return `rgb(${colour.match(/\d+/g).slice(0, 3).join(" ")}`;
}
