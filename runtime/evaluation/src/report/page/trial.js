
// A trial: what it was told, its steps, how it ended, what was made of it.

const UNDER_WAY = "under way when the run stopped";

// `stepsShown` is how many steps the longer of two trials has, so that theirs stand beside each other.
function trajectory(trial, at, stepsShown) {
  const { texts } = data();
  const steps = element("ol", "steps");
  steps.style.gridRow = `span ${Math.max(1, stepsShown)}`;
  steps.append(...trial.actions.map((_, place) => step(trial, place, at)));
  const start = element("div", "start", element("p", "heading", "It sees"), element("p", "observation text", texts[trial.opening]));
  return [told(trial, at), start, steps, ending(trial)];
}

function told(trial, at) {
  const { texts } = data();
  const box = element("div", "told", element("p", "heading", "Told before its first step"));
  const instruction = find("instruction").textContent;
  if (instruction) box.append(element("p", "text", `The task: ${instruction}`));
  if (trial.attempt != null) {
    const link = element("a", "", `trial ${trial.attempt}`);
    link.href = address({ ...current, step: undefined, [at.trialName]: trial.attempt - 1 });
    box.append(element("p", "", "The failed ", link, ", step by step"));
  }
  const reflections = trial.told ?? [];
  if (reflections.length) {
    const list = element("ul", "", ...reflections.map((id) => element("li", "text", texts[id])));
    box.append(element("p", "", reflections.length === 1 ? "A reflection:" : "Reflections, oldest first:"), list);
  }
  if (data().recalls?.includes(at.arm)) {
    box.append(element("p", "note", "And what the world remembered of earlier runs, which the records do not hold."));
  } else if (trial.attempt == null && reflections.length === 0) {
    box.append(element("p", "note", at.trial === 0 ? "Nothing else: it is the first trial." : "Nothing of earlier trials."));
  }
  return box;
}

function ending(trial) {
  const { texts } = data();
  const state = { solved: " solved", [UNDER_WAY]: "" }[trial.ending] ?? " failed";
  const box = element("div", `ending${state}`);
  const steps = `${trial.actions.length} step${trial.actions.length === 1 ? "" : "s"}`;
  const numbers = `return ${trial.return}, progress ${percent(trial.progress)}`;
  box.append(element("p", "heading", `Ended: ${trial.ending}, ${steps}, ${numbers}`));
  if (trial.judged != null) box.append(element("p", "", `The agent took it for ${trial.judged ? "solved" : "failed"}.`));
  if (trial.feedback != null) box.append(element("p", "text", texts[trial.feedback]));
  if (trial.reflection == null) return box;
  const reflection = element("div", "reflection", element("p", "heading", "Reflection"), element("p", "text", texts[trial.reflection]));
  return element("div", "", box, reflection);
}

// The place of the first step that two trials do not share; where they begin otherwise -1, and
// nothing where they are the same.
function partingOf(first, second) {
  if (first.opening !== second.opening) return -1;
  const steps = Math.max(first.actions.length, second.actions.length);
  for (let place = 0; place < steps; place += 1) {
    const same = (column) => first[column][place] === second[column][place];
    if (!same("actions") || !same("observations")) return place;
  }
  return null;
}

function partingText(parting, steps) {
  if (parting === null) return "The two are the same, step by step.";
  if (parting < 0) return "The two begin otherwise.";
  const shared = parting === 0 ? "no step" : parting === 1 ? "the first step" : `the first ${parting} steps`;
  return parting >= steps ? `They share ${shared}; one goes on.` : `They share ${shared} and part at step ${parting + 1}.`;
}
