
// A step of a trajectory, and what few readers open: its prompt, what could be done, its tokens.

// A text that details name: one of the trajectories', or one of their own.
function detailText(id) {
  const { texts } = data();
  return id < texts.length ? texts[id] : details().texts[id - texts.length];
}

const likely = (share) => (share >= 0.001 ? share.toFixed(3) : share.toExponential(1));

function step(trial, place, at) {
  const { texts } = data();
  const item = element("li");
  const link = element("a", "place", `${place + 1}`);
  link.href = address({ ...current, step: place });
  link.title = "Link to this step";
  const thought = trial.thoughts?.[place];
  if (thought != null) item.append(element("p", "thought text", texts[thought]));
  item.append(element("p", "action text", link, ` ${texts[trial.actions[place]]}`));
  item.append(element("p", "observation text", texts[trial.observations[place]]));
  const badges = element("p", "badges");
  const add = (classes, text) => badges.append(badges.childNodes.length ? " · " : "", element("span", classes, text));
  const before = place > 0 ? trial.progresses[place - 1] : 0;
  if (trial.progresses[place] > before) add("up", `progress ${percent(trial.progresses[place])}`);
  if (trial.malformed?.includes(place)) add("malformed", "no action could be read");
  if (trial.dropped?.[place]) add("", `${trial.dropped[place]} older steps not shown`);
  if (trial.likely?.[place] != null) add("", `p ${likely(trial.likely[place])}`);
  add("", `${trial.tokens[place]} tokens`);
  item.append(badges, more(at, place));
  return item;
}

// The details of a step, made when they are opened.
function more(at, place) {
  const box = element("details", "more", element("summary", "", "prompt, choices, tokens"));
  box.addEventListener("toggle", () => {
    if (box.childElementCount === 1) box.append(...stepDetails(at, place));
  });
  return box;
}

function stepDetails(at, place) {
  const found = details().tasks[at.task][at.arm]?.[at.trial];
  if (found === null) return [element("p", "note", details().left_out)];
  if (!found?.calls[place]) return [element("p", "note", "The records say nothing more.")];
  const notes = (found.notes ?? []).map((id) => element("p", "note", detailText(id)));
  const parts = [];
  const list = details().lists[found.admissible?.[place]];
  if (list) parts.push(choices(list, data().texts[data().tasks[at.task][at.arm][at.trial].actions[place]]));
  for (const [number, call] of found.calls[place].entries()) parts.push(...callDetails(found, place, number, call));
  return [...parts, ...notes];
}

function choices(list, taken) {
  const items = list.map((id) => {
    const action = detailText(id);
    return element("li", action === taken ? "taken" : "", action);
  });
  return element("div", "choices-made", element("p", "heading", `${list.length} actions could be chosen`), element("ul", "", ...items));
}

function callDetails(trial, place, number, call) {
  const parts = [];
  const many = trial.calls[place].length > 1 ? [" of the thought", " of the action"][number] ?? "" : "";
  if (call.tokens.length) parts.push(element("p", "heading", `Tokens${many}, and how likely each was when it was drawn`), tokens(call.tokens));
  const prompt = promptLines(trial, place, number);
  parts.push(element("p", "heading", `Prompt${many}, ${call.prompt_tokens} tokens${prompt === null ? "; its words are not at hand" : prompt.kept > 0 ? "; what is new in it is dark" : ""}`));
  if (prompt) {
    const { kept, lines } = prompt;
    const shown = element("pre", "prompt");
    shown.tabIndex = 0;
    if (kept > 0) shown.append(element("span", "kept", `${lines.slice(0, kept).join("\n")}\n`));
    shown.append(lines.slice(kept).join("\n"));
    parts.push(shown);
  }
  return parts;
}

// All lines of a prompt, and how many of them the prompt before had; null where the words are
// not at hand.
function promptLines(trial, place, number) {
  let lines = [];
  for (let step = 0; step <= place; step += 1) {
    for (const [at, call] of trial.calls[step].entries()) {
      if (step === place && at > number) break;
      if (!call.prompt) return null;
      const [kept, ...added] = call.prompt;
      lines = [...lines.slice(0, kept), ...added.map((id) => detailText(id))];
      if (step === place && at === number) return { kept, lines };
    }
  }
  return null;
}

function tokens(all) {
  const nats = (hundredths) => (hundredths / 100).toFixed(2);
  const list = element("ul", "tokens");
  for (const [id, drawn, full] of all) {
    const text = detailText(id);
    const own = full == null ? "" : `, ${nats(full)} of the model's own`;
    const item = element("li", "", element("code", "", text === "" ? "end" : text));
    item.append(element("small", "", drawn == null ? "no choice" : likely(Math.exp(drawn / 100))));
    item.title = drawn == null ? `no choice${own}` : `log-probability ${nats(drawn)}${own}`;
    if (drawn != null) item.style.setProperty("--likely", Math.exp(drawn / 100));
    list.append(item);
  }
  return list;
}
