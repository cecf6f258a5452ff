// Filters of the page of all numbers. NUMBERS is in numbers.js; the words of a search come from any page.
"use strict";
const STEP = 100;
const form = document.getElementById("filters");
const body = document.querySelector("#results tbody");
const more = document.getElementById("more");
const found = document.getElementById("found");
const given = new URLSearchParams(location.search);
// In lower case, with one space between words, and numbers without the comma of thousands.
const plain = (text) => " " + text.toLowerCase().replace(/(\d),(?=\d)/g, "$1").replace(/[^\p{L}\p{N}]+/gu, " ");
const texts = NUMBERS.map((row) => plain(Object.values(row).slice(0, -1).join(" ")));
const names = NUMBERS.map((row) => plain(row.what + " " + row.category));
let limit = STEP;

// A word finds all that begin with it; rows that have all words in their name come first.
function matches() {
  const wanted = [...form.querySelectorAll("select")].filter((select) => select.value);
  const words = plain(form.elements.words.value).trim().split(" ").map((word) => " " + word);
  const has = (text) => words.every((word) => text.includes(word));
  const found = NUMBERS.map((row, n) => n).filter((n) => has(texts[n])
    && wanted.every((select) => NUMBERS[n][select.name] === select.value));
  return [true, false].flatMap((first) => found.filter((n) => has(names[n]) === first)).map((n) => NUMBERS[n]);
}

function line(row) {
  const element = document.createElement("tr");
  for (const name of ["what", "number", "year", "status", "report", "place"]) {
    const cell = document.createElement(name === "what" ? "th" : "td");
    let target = cell;
    if (name === "what") {
      cell.scope = "row";
      target = document.createElement("a");
      target.href = row.href;
      cell.append(target);
    }
    if (name === "number") cell.className = "number";
    target.textContent = row[name];
    element.append(cell);
  }
  return element;
}

function show() {
  const rows = matches();
  body.replaceChildren(...rows.slice(0, limit).map(line));
  found.textContent = rows.length + (rows.length === 1 ? " number" : " numbers") + " found.";
  more.hidden = rows.length <= limit;
}

for (const select of form.querySelectorAll("select")) {
  const values = [...new Set(NUMBERS.map((row) => row[select.name]))].sort();
  select.append(...values.map((value) => new Option(value, value)));
}
for (const field of form.elements) field.value = given.get(field.name) || "";
form.addEventListener("input", () => { limit = STEP; show(); });
form.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => { limit += STEP; show(); });
form.hidden = document.getElementById("results").hidden = false;
show();
