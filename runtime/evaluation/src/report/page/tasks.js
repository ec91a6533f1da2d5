
// The table of tasks: filters and sorting.

const filters = { text: find("filter-text"), where: find("filter-where"), kind: find("filter-kind"), solved: find("filter-solved") };
const words = rows.map((row) => `${row.cells[0].textContent} ${row.dataset.kind}`.toLowerCase());

function filter() {
  const text = filters.text.value.trim().toLowerCase();
  const where = filters.where.value;
  const found = text === "" ? null : search(text, where);
  let shown = 0;
  rows.forEach((row, place) => {
    const named = (where === "" || where === "task") && words[place].includes(text);
    const fits = (found === null || named || found[place].length > 0)
      && (filters.kind.value === "" || filters.kind.value === row.dataset.kind)
      && (filters.solved.value === "" || filters.solved.value === row.dataset.solved);
    row.hidden = !fits;
    row.cells[0].querySelector(".hits")?.remove();
    if (fits && found?.[place].length > 0) row.cells[0].append(hits(found[place], text));
    shown += fits ? 1 : 0;
  });
  find("count").textContent = `${shown} of ${rows.length} tasks`;
}

find("filters").addEventListener("input", filter);
find("filters").addEventListener("submit", (event) => event.preventDefault());

const { compare } = new Intl.Collator("en", { numeric: true });
const key = (cell) => cell.dataset.rank ?? (cell.querySelector(".open") ?? cell).textContent;

function sort(header) {
  const downwards = header.ariaSort === "ascending";
  for (const other of table.tHead.rows[0].cells) other.ariaSort = "none";
  header.ariaSort = downwards ? "descending" : "ascending";
  const place = header.cellIndex;
  const keyed = [...table.tBodies[0].rows].map((row) => [key(row.cells[place]), row]);
  const isRank = keyed.every(([text]) => text !== "" && !Number.isNaN(Number(text)));
  const order = isRank ? (a, b) => Number(a) - Number(b) : compare;
  keyed.sort(([a], [b]) => (downwards ? order(b, a) : order(a, b)));
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

table.tHead.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) sort(button.closest("th"));
});

// The rows that filters let through, in the order that they are sorted in.
const visibleRows = () => [...table.tBodies[0].rows].filter((row) => !row.hidden);

// The task so many rows from another.
function taskFrom(task, by) {
  const visible = visibleRows();
  const next = visible[Math.min(Math.max(visible.indexOf(rows[task]) + by, 0), visible.length - 1)];
  return next === undefined ? task : Number(next.dataset.row);
}
