
// What trajectories and reflections say.

const HITS_SHOWN = 3;
const SNIPPET = 48;
let lowered = null;

// The texts of a trial: what each is called, its place among all texts, and its step.
function* textsOf(trial) {
  yield ["start", trial.opening];
  for (let step = 0; step < trial.actions.length; step += 1) {
    const thought = trial.thoughts?.[step];
    if (thought != null) yield ["thought", thought, step];
    yield ["action", trial.actions[step], step];
    yield ["observation", trial.observations[step], step];
  }
  if (trial.feedback != null) yield ["end", trial.feedback];
  if (trial.reflection != null) yield ["reflection", trial.reflection];
}

// By row, the places that say a text, which is in lower case: the task, arm, trial and step, what
// it is and its text's place.
function search(text, where) {
  if (where === "task") return rows.map(() => []);
  lowered ??= data().texts.map((one) => one.toLowerCase());
  const says = lowered.map((one) => one.includes(text));
  const isWanted = (name) => where === "" || (name === "reflection") === (where === "reflection");
  return data().tasks.map((arms, task) => {
    const found = [];
    arms.forEach((trials, arm) => trials?.forEach((played, trial) => {
      for (const [name, id, step] of textsOf(played)) {
        if (says[id] && isWanted(name)) found.push({ task, arm, trial, step, name, id });
      }
    }));
    return found;
  });
}

// The first places that say a text, as links.
function hits(found, text) {
  const list = element("ul", "hits");
  for (const hit of found.slice(0, HITS_SHOWN)) {
    const at = hit.step == null ? hit.name : `step ${hit.step + 1}, ${hit.name}`;
    const link = element("a", "", `${armNames[hit.arm]}, trial ${hit.trial + 1}, ${at}`);
    link.href = address({ ...hit, beside: null });
    list.append(element("li", "", link, " ", ...snippet(data().texts[hit.id], lowered[hit.id].indexOf(text), text.length)));
  }
  if (found.length > HITS_SHOWN) list.append(element("li", "", `and ${found.length - HITS_SHOWN} more`));
  return list;
}

// Some of a text around a place in it, which is marked.
function snippet(text, start, length) {
  const from = Math.max(0, start - SNIPPET);
  const end = start + length + SNIPPET;
  return [
    (from > 0 ? "…" : "") + text.slice(from, start),
    element("mark", "", text.slice(start, start + length)),
    text.slice(start + length, end) + (end < text.length ? "…" : ""),
  ];
}
