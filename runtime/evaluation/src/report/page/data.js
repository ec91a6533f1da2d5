// The page's data, and how it is made into elements.
//
// Text is set as text and never as markup: no part of this script has innerHTML.
"use strict";

const find = (id) => document.getElementById(id);
const percent = (share) => `${Math.round(100 * share)} %`;

// Parsed when somebody first asks.
function parsedOnce(id) {
  let parsed = null;
  return () => (parsed ??= JSON.parse(find(id).textContent));
}
const data = parsedOnce("trajectories");
const details = parsedOnce("details");

const table = find("task-table");
const rows = [...table.tBodies[0].rows];
const armNames = [...document.querySelector(".pane .arm").options].map((option) => option.textContent);

// An element with a class, and a text or children.
function element(name, classes = "", ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...children.filter((child) => child != null));
  return made;
}

// What a place in the page is called in the address.
function address({ task, arm, trial, step, beside, besideTrial }) {
  const parts = new URLSearchParams({ task: task + 1 });
  if (arm != null) parts.set("arm", armNames[arm]);
  if (trial != null) parts.set("trial", trial + 1);
  if (step != null) parts.set("step", step + 1);
  if (beside != null) parts.set("beside", armNames[beside]);
  if (besideTrial != null) parts.set("beside-trial", besideTrial + 1);
  return `#${parts}`;
}

// The place that an address names; nothing where it names no task. A part that is not there,
// or names nothing, is undefined.
function placeIn(hash) {
  const older = /^#task-(\d+)$/.exec(hash);
  const parts = new URLSearchParams(older ? `task=${older[1]}` : hash.slice(1));
  const number = (name) => (/^\d+$/.test(parts.get(name) ?? "") ? Number(parts.get(name)) - 1 : undefined);
  const arm = (name) => {
    const place = armNames.indexOf(parts.get(name));
    return place < 0 ? undefined : place;
  };
  if (!rows[number("task")]) return null;
  return {
    task: number("task"),
    arm: arm("arm"),
    trial: number("trial"),
    step: number("step"),
    beside: parts.has("beside") ? arm("beside") : parts.has("arm") ? null : undefined,
    besideTrial: number("beside-trial"),
  };
}
