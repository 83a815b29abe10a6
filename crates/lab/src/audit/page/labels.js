"use strict";
// What the reader says of conversations, kept on this page until it is downloaded.
const labels = new Map();
const state = document.getElementById("labelled");
const save = document.getElementById("save");

function show() {
  state.textContent = labels.size === 1 ? "1 conversation labelled" : `${labels.size} conversations labelled`;
  save.disabled = labels.size === 0;
  for (const input of document.querySelectorAll("input[data-id]")) {
    const label = labels.get(input.dataset.id);
    input.checked = label !== undefined && label === (input.value === "yes");
  }
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.dataset || input.dataset.id === undefined) return;
  // A conversation may stand in several places of the page.
  labels.set(input.dataset.id, input.value === "yes");
  show();
});

save.addEventListener("click", () => {
  const rows = [...labels].map(([id, needed]) => ({ id, needed_human: needed }));
  const file = new Blob([JSON.stringify({ labels: rows }, null, 1)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "labels.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

show();
