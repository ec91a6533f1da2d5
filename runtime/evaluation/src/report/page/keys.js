
// Keys, where nobody is writing.

const help = find("help");
for (const button of document.querySelectorAll("[data-help]")) button.addEventListener("click", () => help.showModal());

const isWriting = (target) => target.closest?.("input, textarea") != null;
// What arrows move by itself.
const hasArrows = (target) => target.closest?.("select, pre") != null;

function keyInTask(event) {
  const way = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
  if (way === undefined) return enterStep(event);
  if (event.key === "ArrowUp" || event.key === "ArrowDown") goToStep(way);
  else if (event.shiftKey) goToTask(way);
  else goToTrial(way, panes[1].pane.contains(document.activeElement));
  return true;
}

// Opens the details of the marked step, or closes them.
function enterStep(event) {
  if (event.key !== "Enter" || event.target.closest("button, a, summary")) return false;
  const boxes = [...dialog.querySelectorAll("[aria-current=step] .more")];
  const opens = boxes.some((box) => !box.open);
  for (const box of boxes) box.open = opens;
  return boxes.length > 0;
}

function keyInTable(event) {
  const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const row = event.target.closest?.("#task-table tbody tr");
  if (way === undefined || !row) return false;
  rows[taskFrom(Number(row.dataset.row), way)].querySelector(".open").focus();
  return true;
}

function focusSearch() {
  filters.text.focus();
  filters.text.select();
  filters.text.scrollIntoView({ block: "center" });
}

// What is focused when a dialog has closed is the dialog's to say.
function toSearch() {
  if (dialog.open) dialog.close("search");
  else focusSearch();
  return true;
}

function toHelp() {
  help.showModal();
  return true;
}

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || help.open || isWriting(event.target)) return;
  const handled = { "/": toSearch, "?": toHelp }[event.key]?.()
    ?? (hasArrows(event.target) ? false : dialog.open ? keyInTask(event) : keyInTable(event));
  if (handled) event.preventDefault();
});
