"use strict";
// The table of submissions: the data is sorted and filtered as an array, and only one page of rows is in the document.
const { columns, rows, questions, links } = JSON.parse(document.getElementById("data").textContent);
const FIRST = 3; // cells begin here: before them id, text to search, questions that lost points
const PAGE = 50;
const table = document.getElementById("students");
const filter = document.getElementById("filter");
const lost = document.getElementById("lost");
const shown = document.getElementById("shown");
const back = document.getElementById("back");
const on = document.getElementById("on");
const state = { column: 0, ascending: true, start: 0 };
let found = rows;

function compare(a, b) {
  const x = a[FIRST + state.column], y = b[FIRST + state.column];
  if (typeof x === "string" && typeof y === "string") return x.localeCompare(y, undefined, { numeric: true });
  return (x ?? -1) - (y ?? -1);
}

function look() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const question = questions.indexOf(lost.value);
  found = rows.filter((row) => words.every((word) => row[1].includes(word)) && (question < 0 || row[2].includes(question)));
  found.sort((a, b) => (state.ascending ? compare(a, b) : compare(b, a)) || (a[0] < b[0] ? -1 : 1));
  state.start = 0;
  draw();
}

function cell(row, index) {
  const value = row[FIRST + index];
  const made = document.createElement(index ? "td" : "th");
  if (index === 0) {
    made.scope = "row";
    const name = links ? document.createElement("a") : made;
    if (links) {
      name.href = "students/" + encodeURIComponent(row[0]) + ".html";
      made.append(name);
    }
    const isolated = document.createElement("bdi"); // names run in either direction
    isolated.textContent = value;
    name.append(isolated);
    return made;
  }
  made.textContent = typeof value === "number" ? Math.round(100 * value) / 100 : value ?? "";
  if (index > 1) made.className = "n";
  const question = index - (columns.length - questions.length);
  if (question >= 0 && row[2].includes(question)) made.classList.add("lost");
  return made;
}

function draw() {
  const seen = found.slice(state.start, state.start + PAGE);
  table.tBodies[0].replaceChildren(...seen.map((row) => {
    const line = document.createElement("tr");
    line.append(...columns.map((_, index) => cell(row, index)));
    return line;
  }));
  const last = state.start + seen.length;
  shown.textContent = found.length ? `${state.start + 1} to ${last} of ${found.length}` : "none";
  back.disabled = state.start === 0;
  on.disabled = last >= found.length;
  [...table.tHead.rows[0].cells].forEach((head, index) =>
    head.setAttribute("aria-sort", index !== state.column ? "none" : state.ascending ? "ascending" : "descending"));
}

const line = table.tHead.insertRow();
columns.forEach(([title, long], index) => {
  const head = document.createElement("th");
  const button = document.createElement("button");
  head.scope = "col";
  if (index > 1) head.className = "n";
  button.type = "button";
  button.textContent = title;
  button.title = long;
  button.addEventListener("click", () => {
    state.ascending = state.column === index ? !state.ascending : index < 2;
    state.column = index;
    look();
  });
  head.append(button);
  line.append(head);
});
filter.addEventListener("input", look);
lost.addEventListener("change", look);
back.addEventListener("click", () => { state.start -= PAGE; draw(); });
on.addEventListener("click", () => { state.start += PAGE; draw(); });
look();
