// Tables. On a narrow screen each row is a block, and each cell says by itself what it is: the
// titles of the columns are out of sight there.

import { make } from "../shared/elements.js";

/** A row, from what its cells hold. */
export function row(cells, properties = {}) {
  return make("tr", properties, ...cells.map((cell) => (cell?.tagName === "TD" ? cell : make("td", {}, cell ?? "–"))));
}

/** The cell with what can be done. */
export function acts(...buttons) {
  return make("td", { class: "acts" }, make("div", {}, ...buttons));
}

/** The row of titles; an empty one stands over what can be done. */
function head(titles) {
  return make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title || make("span", { class: "unseen" }, "Actions"))));
}

/** A table, from its titles and rows. */
export function table(titles, rows) {
  return labelled(make("table", {}, make("thead", {}, head(titles)), make("tbody", {}, ...rows)));
}

/**
 * Names the cells of a table by the titles of their columns, and says of each part what it is: to a
 * browser that is told to show a table as something else it is no table any more.
 */
export function labelled(table) {
  const titles = [...table.tHead.rows[0].cells].map((cell) => (cell.querySelector(".unseen") ? "" : cell.textContent));
  table.className = "rows";
  table.role = "table";
  for (const group of [table.tHead, ...table.tBodies]) group.role = "rowgroup";
  for (const cell of table.tHead.rows[0].cells) cell.role = "columnheader";
  for (const row of table.rows) {
    row.role = "row";
    if (row.parentElement === table.tHead) continue;
    for (const [index, cell] of [...row.cells].entries()) {
      cell.role = cell.tagName === "TH" ? "rowheader" : "cell";
      if (titles[index]) cell.dataset.label = titles[index];
    }
  }
  return table;
}

/** Puts rows into the body of a table of the page, behind those that are there or in their place. */
export function fill(body, rows, further = false) {
  if (further) body.append(...rows);
  else body.replaceChildren(...rows);
  labelled(body.parentElement);
}
