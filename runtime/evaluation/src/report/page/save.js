
// Plots and tables as files.

function save(name, type, text) {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const fileName = (name, ending) => `${document.title.replace(/^Rebound: /, "").replace(/[^\w.-]+/g, "-")}-${name}.${ending}`;

// A cell that no spreadsheet computes.
function cell(value) {
  const text = String(value ?? "");
  const isFormula = typeof value !== "number" && /^[=+\-@\t\r]/.test(text);
  return isFormula || /[",\r\n]/.test(text) ? `"${isFormula ? "'" : ""}${text.replaceAll('"', '""')}"` : text;
}
const csv = (lines) => lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";

function tableLines(found) {
  const text = (one) => {
    const copy = one.cloneNode(true);
    copy.querySelectorAll("svg, small").forEach((part) => part.remove());
    return copy.textContent.trim().replace(/\s+/g, " ");
  };
  return [...found.rows].map((row) => [...row.cells].map(text));
}

// A line a trial of the tasks that filters let through.
function trialLines() {
  const lines = [["task", "type", "arm", "trial", "ending", "return", "progress", "steps", "tokens", "told", "end", "reflection"]];
  const { texts, tasks } = data();
  for (const row of visibleRows()) {
    const task = row.querySelector(".open").textContent;
    tasks[Number(row.dataset.row)].forEach((trials, arm) => trials?.forEach((trial, place) => {
      const tokens = trial.tokens.reduce((sum, count) => sum + count, 0);
      const told = (trial.told ?? []).map((id) => texts[id]).join("\n");
      lines.push([task, row.dataset.kind, armNames[arm], place + 1, trial.ending, trial.return, trial.progress,
        trial.actions.length, tokens, told, texts[trial.feedback] ?? "", texts[trial.reflection] ?? ""]);
    }));
  }
  return lines;
}

// A figure with its title and legend as one picture, on white.
function picture(figure) {
  const [SPACE, LINE] = ["http://www.w3.org/2000/svg", 22];
  const svg = figure.querySelector(".drawn svg").cloneNode(true);
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const made = (name, attributes, text) => {
    const one = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    if (text !== undefined) one.textContent = text;
    return one;
  };
  const font = { "font-family": "sans-serif", "font-size": 14, fill: "#1F2328" };
  const plot = made("g", { transform: `translate(0 ${LINE})` });
  plot.append(...svg.childNodes);
  const entries = [...figure.querySelectorAll(".legend li")];
  const whole = height + LINE * (entries.length + 1) + 8;
  svg.setAttribute("viewBox", `0 0 ${width} ${whole}`);
  svg.setAttribute("height", whole);
  svg.append(made("rect", { width, height: whole, fill: "#FFFFFF" }));
  svg.append(made("text", { x: 10, y: 18, ...font, "font-weight": 600 }, figure.querySelector("h3").textContent), plot);
  entries.forEach((entry, place) => {
    const y = height + LINE * (place + 1);
    const mark = made("g", { transform: `translate(14 ${y})` });
    mark.append(...entry.querySelector("svg").cloneNode(true).childNodes);
    svg.append(mark, made("text", { x: 68, y: y + 13, ...font }, entry.textContent.trim()));
  });
  return new XMLSerializer().serializeToString(svg);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.svg) save(fileName(button.dataset.svg, "svg"), "image/svg+xml", picture(find(button.dataset.svg)));
  if (button?.dataset.csv) save(fileName(button.dataset.csv, "csv"), "text/csv", csv(tableLines(find(button.dataset.csv))));
  if (button && "trials" in button.dataset) save(fileName("trials", "csv"), "text/csv", csv(trialLines()));
});
