
// A task that is open: two trials beside each other. The address says which, and which step, so
// they can be linked to and left with the browser's own way back.

const dialog = find("dialog");
const panes = [...document.querySelectorAll(".pane")].map((pane) => ({
  pane,
  arm: pane.querySelector(".arm"),
  trial: pane.querySelector(".trial"),
  shown: pane.querySelector(".trajectory"),
}));
// What is shown: task, arm, trial, step, beside, besideTrial; null where no task is open.
let current = null;

const trialsOf = (task, arm) => (arm == null ? [] : data().tasks[task][arm] ?? []);

// A place with everything that it leaves open chosen: the first arm and, where there are
// several, the second beside it; last trials.
function whole(place) {
  const arm = place.arm ?? current?.arm ?? 0;
  let { beside } = place;
  if (beside === undefined) beside = current ? current.beside : armNames.length > 1 ? (arm === 0 ? 1 : 0) : null;
  const trial = (of, wanted) => {
    const last = trialsOf(place.task, of).length - 1;
    return last < 0 ? undefined : Math.min(wanted ?? last, last);
  };
  return { ...place, arm, beside, trial: trial(arm, place.trial), besideTrial: trial(beside, place.besideTrial) };
}

function showPane(pane, task, arm, trial, stepsShown) {
  const trials = trialsOf(task, arm);
  pane.arm.value = arm ?? "";
  pane.trial.replaceChildren(...trials.map((found, place) => {
    const option = element("option", "", `${place + 1}: ${found.ending}`);
    option.value = place;
    return option;
  }));
  pane.trial.disabled = trials.length === 0;
  pane.trial.value = trial ?? "";
  const nothing = arm == null ? "" : "This arm has not played the task.";
  const at = { task, arm, trial, trialName: pane === panes[0] ? "trial" : "besideTrial" };
  pane.shown.replaceChildren(...(trials[trial] ? trajectory(trials[trial], at, stepsShown) : [element("p", "note", nothing)]));
}

function show(place) {
  const before = current;
  current = whole(place);
  const withoutStep = (one) => address({ ...one, step: undefined });
  if (before && withoutStep(before) === withoutStep(current)) return markStep();
  const { task, arm, trial, beside, besideTrial } = current;
  const shown = rows[task];
  find("dialog-title").textContent = shown.querySelector(".open").textContent;
  find("instruction").textContent = shown.querySelector("small").textContent;
  const pair = [trialsOf(task, arm)[trial], trialsOf(task, beside)[besideTrial]];
  const stepsShown = Math.max(...pair.map((found) => found?.actions.length ?? 0));
  dialog.style.setProperty("--rows", stepsShown + 5);
  dialog.classList.toggle("single", beside == null);
  showPane(panes[0], task, arm, trial, stepsShown);
  showPane(panes[1], task, beside, besideTrial, stepsShown);
  markParting(pair);
  if (!dialog.open) dialog.showModal();
  if (before?.task !== task) {
    dialog.scrollTop = 0;
    find("dialog-title").focus();
  }
  markStep();
}

function markParting([first, second]) {
  const parting = first && second ? partingOf(first, second) : undefined;
  const steps = first && second ? Math.min(first.actions.length, second.actions.length) : 0;
  const line = find("parting");
  line.replaceChildren();
  if (parting === undefined) return;
  line.append(partingText(parting, steps), " ");
  if (parting === null || parting < 0) return;
  const link = element("a", "", "Go there");
  link.href = address({ ...current, step: parting });
  line.append(link);
  for (const pane of panes) {
    const item = pane.shown.querySelectorAll(".steps > li")[parting];
    if (!item) continue;
    item.classList.add("parts");
    item.prepend(element("p", "parts-here", "Here they part"));
  }
}

// Marks the step that the address names, in both panes, and brings it into view.
function markStep() {
  for (const pane of panes) {
    pane.shown.querySelectorAll(".steps > li").forEach((item, place) => {
      if (place === current.step) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
  }
  dialog.querySelector("[aria-current=step]")?.scrollIntoView({ block: "center" });
  history.replaceState(history.state, "", address(current));
}

function route() {
  const place = placeIn(location.hash);
  if (place === null) {
    if (dialog.open) dialog.close();
  } else if (current === null || address(whole(place)) !== address(current)) {
    show(place);
  }
}

// Keys go to a place without a way back to the one before.

function goToTask(by) {
  const task = taskFrom(current.task, by);
  if (task !== current.task) show({ task });
}

function goToTrial(by, isSecond) {
  const trial = isSecond ? "besideTrial" : "trial";
  const last = trialsOf(current.task, isSecond ? current.beside : current.arm).length - 1;
  if (current[trial] !== undefined) show({ ...current, step: undefined, [trial]: Math.min(Math.max(current[trial] + by, 0), last) });
}

function goToStep(by) {
  const last = Math.max(...panes.map((pane) => pane.shown.querySelectorAll(".steps > li").length)) - 1;
  if (last < 0) return;
  current.step = Math.min(Math.max((current.step ?? (by > 0 ? -1 : last + 1)) + by, 0), last);
  markStep();
}

table.tBodies[0].addEventListener("click", (event) => {
  const button = event.target.closest("button.open");
  if (button) location.hash = address({ task: Number(button.closest("tr").dataset.row) });
});
// What is chosen from a list can be gone back from.
function choose(select, name, rest) {
  select.addEventListener("change", () => {
    const value = select.value === "" ? null : Number(select.value);
    location.hash = address({ ...current, step: undefined, ...rest, [name]: value });
  });
}
choose(panes[0].arm, "arm", { trial: undefined });
choose(panes[0].trial, "trial");
choose(panes[1].arm, "beside", { besideTrial: undefined });
choose(panes[1].trial, "besideTrial");
find("previous").addEventListener("click", () => goToTask(-1));
find("next").addEventListener("click", () => goToTask(1));
find("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  if (placeIn(location.hash)) history.replaceState(null, "", "#");
  const { task } = current;
  current = null;
  if (dialog.returnValue === "search") focusSearch();
  else rows[task].querySelector(".open").focus();
  dialog.returnValue = "";
});
addEventListener("hashchange", route);
route();
