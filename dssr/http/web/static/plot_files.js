// What a plot is saved as: a picture, and a table.
// The plot on the page's background: by itself it has none.
export function picture(plot, figure) {
  const canvas = document.createElement("canvas");
  canvas.width = plot.ctx.canvas.width;
  canvas.height = plot.ctx.canvas.height;
  const context = canvas.getContext("2d");
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  context.fillStyle = isDark ? "#10141a" : "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(plot.ctx.canvas, 0, 0);
  return canvas;
}

export function csv(chart) {
  const names = [chart.x.name, ...chart.series];
  const rows = chart.data[0].map((_, at) => chart.data.map((column, place) => {
    const value = column[at] ?? "";
    if (place === 0 && chart.labels.length) {
      return quoted(chart.labels[at]);
    }
    return place === 0 && chart.x.is_time ? new Date(value * 1000).toISOString() : value;
  }));
  return [names.map(quoted), ...rows].map((row) => `${row.join(",")}\n`).join("");
}

function quoted(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replaceAll("/", "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
