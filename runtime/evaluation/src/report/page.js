// Sorts and filters the table of tasks, and shows trajectories.
//
// Text is set as text and never as markup: this file has no innerHTML.
"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const table = find("task-table");
  const body = table.tBodies[0];
  const rows = [...body.rows];

  // Tasks: filters.

  const filters = { text: find("filter-text"), kind: find("filter-kind"), solved: find("filter-solved") };
  const words = rows.map((row) => `${row.cells[0].textContent} ${row.dataset.kind}`.toLowerCase());

  function filter() {
    const text = filters.text.value.trim().toLowerCase();
    let shown = 0;
    rows.forEach((row, place) => {
      const fits = words[place].includes(text)
        && (filters.kind.value === "" || filters.kind.value === row.dataset.kind)
        && (filters.solved.value === "" || filters.solved.value === row.dataset.solved);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    find("count").textContent = `${shown} of ${rows.length} tasks`;
  }

  find("filters").addEventListener("input", filter);
  find("filters").addEventListener("submit", (event) => event.preventDefault());

  // Tasks: sorting.

  const { compare } = new Intl.Collator("en", { numeric: true });
  const key = (cell) => cell.dataset.rank ?? cell.textContent;

  function sort(header) {
    const downwards = header.ariaSort === "ascending";
    for (const other of table.tHead.rows[0].cells) other.ariaSort = "none";
    header.ariaSort = downwards ? "descending" : "ascending";
    const place = header.cellIndex;
    const keyed = [...body.rows].map((row) => [key(row.cells[place]), row]);
    const isRank = keyed.every(([text]) => text !== "" && !Number.isNaN(Number(text)));
    const order = isRank ? (a, b) => Number(a) - Number(b) : compare;
    keyed.sort(([a], [b]) => (downwards ? order(b, a) : order(a, b)));
    body.append(...keyed.map(([, row]) => row));
  }

  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) sort(button.closest("th"));
  });

  // Trajectories.

  let parsed = null;
  const data = () => (parsed ??= JSON.parse(find("trajectories").textContent));
  const percent = (share) => `${Math.round(100 * share)} %`;

  function element(name, classes, text) {
    const made = document.createElement(name);
    if (classes) made.className = classes;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function step(trial, place) {
    const { texts } = data();
    const item = element("li");
    const thought = trial.thoughts?.[place];
    if (thought != null) item.append(element("p", "thought text", texts[thought]));
    item.append(element("p", "action text", `${place + 1}  ${texts[trial.actions[place]]}`));
    item.append(element("p", "observation text", texts[trial.observations[place]]));
    const badges = element("p", "badges");
    const before = place > 0 ? trial.progresses[place - 1] : 0;
    if (trial.progresses[place] > before) {
      badges.append(element("span", "up", `progress ${percent(trial.progresses[place])}`), " · ");
    }
    if (trial.malformed?.includes(place)) {
      badges.append(element("span", "malformed", "no action could be read"), " · ");
    }
    if (trial.dropped?.[place]) badges.append(`${trial.dropped[place]} older steps not shown · `);
    badges.append(`${trial.tokens[place]} tokens`);
    item.append(badges);
    return item;
  }

  function trajectory(trial) {
    const { texts } = data();
    const parts = [element("p", "observation text", texts[trial.opening])];
    const steps = element("ol", "steps");
    steps.append(...trial.actions.map((_, place) => step(trial, place)));
    parts.push(steps);
    const state = { solved: " solved", "under way when the run stopped": "" }[trial.ending] ?? " failed";
    const ending = element("div", `ending${state}`);
    ending.append(element("p", "heading", `Ended: ${trial.ending}, return ${trial.return}, progress ${percent(trial.progress)}`));
    if (trial.judged != null) ending.append(element("p", "", `The agent took it for ${trial.judged ? "solved" : "failed"}.`));
    if (trial.feedback != null) ending.append(element("p", "text", texts[trial.feedback]));
    parts.push(ending);
    if (trial.reflection != null) {
      const reflection = element("div", "reflection");
      reflection.append(element("p", "heading", "Reflection"), element("p", "text", texts[trial.reflection]));
      parts.push(reflection);
    }
    return parts;
  }

  const panes = [...document.querySelectorAll(".pane")].map((pane) => ({
    arm: pane.querySelector(".arm"),
    trial: pane.querySelector(".trial"),
    shown: pane.querySelector(".trajectory"),
  }));
  let row = 0;

  function trialsOf(pane) {
    return pane.arm.value === "" ? null : data().tasks[row][Number(pane.arm.value)];
  }

  // Lists the trials of the pane's arm, the last one chosen, and shows it.
  function showArm(pane) {
    const trials = trialsOf(pane) ?? [];
    pane.trial.replaceChildren(...trials.map((trial, place) => {
      const option = element("option", "", `${place + 1}: ${trial.ending}`);
      option.value = place;
      return option;
    }));
    pane.trial.disabled = trials.length === 0;
    if (trials.length > 0) pane.trial.value = trials.length - 1;
    showTrial(pane);
  }

  function showTrial(pane) {
    const trial = trialsOf(pane)?.[Number(pane.trial.value)];
    const nothing = pane.arm.value === "" ? "" : "This arm has not played the task.";
    pane.shown.replaceChildren(...(trial ? trajectory(trial) : [element("p", "note", nothing)]));
  }

  for (const pane of panes) {
    pane.arm.addEventListener("change", () => showArm(pane));
    pane.trial.addEventListener("change", () => showTrial(pane));
  }
  // A second arm to look at, where there is one.
  if (panes[1].arm.options.length > 2) panes[1].arm.value = "1";

  // The address names the task that is open, so it can be linked to and left
  // with the browser's own way back.

  const dialog = find("dialog");
  const isShown = (found) => !found.hidden;

  function show(place) {
    row = place;
    const shown = rows[place];
    find("dialog-title").textContent = shown.querySelector(".open").textContent;
    find("instruction").textContent = shown.querySelector("small").textContent;
    panes.forEach(showArm);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    find("dialog-title").focus();
  }

  function route() {
    const place = Number(/^#task-(\d+)$/.exec(location.hash)?.[1] ?? "NaN") - 1;
    if (rows[place]) show(place);
    else if (dialog.open) dialog.close();
  }

  function go(by) {
    const visible = [...body.rows].filter(isShown);
    const place = visible.indexOf(rows[row]) + by;
    const next = visible[Math.min(Math.max(place, 0), visible.length - 1)];
    if (next) location.replace(`#task-${Number(next.dataset.row) + 1}`);
  }

  body.addEventListener("click", (event) => {
    const button = event.target.closest(".open");
    if (button?.tagName === "BUTTON") location.hash = `task-${Number(button.closest("tr").dataset.row) + 1}`;
  });
  find("previous").addEventListener("click", () => go(-1));
  find("next").addEventListener("click", () => go(1));
  find("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    if (location.hash.startsWith("#task-")) history.replaceState(null, "", "#");
    rows[row].querySelector(".open").focus();
  });
  addEventListener("hashchange", route);
  route();
})();
