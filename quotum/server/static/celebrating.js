// One short celebration for a win, once per win, taken back quietly.

const SHOWN_MS = 6000;
const LONG = 56; // letters that one line of a wall holds
const box = document.getElementById("celebration");
const waiting = [];
let shown = null;
let ending = 0;

function first(entity) {
  const seen = new Set(JSON.parse(sessionStorage.getItem("celebrated") ?? "[]"));
  if (seen.has(entity)) return false;
  sessionStorage.setItem("celebrated", JSON.stringify([...seen, entity].slice(-500)));
  return true;
}

export function celebrate(entity, text) {
  if (!first(entity)) return;
  waiting.push({ entity, text });
  if (!shown) next();
}

export function withdraw(entity) {
  const place = waiting.findIndex((win) => win.entity === entity);
  if (place >= 0) waiting.splice(place, 1);
  if (shown?.entity === entity) next();
}

function next() {
  clearTimeout(ending);
  shown = waiting.splice(0, Math.max(1, waiting.length - 2)).pop() ?? null; // many at once: the last ones
  box.hidden = !shown;
  if (!shown) return;
  box.dataset.entity = shown.entity;
  box.toggleAttribute("data-long", shown.text.length > LONG);
  box.querySelector("p").textContent = shown.text;
  box.replaceWith(box); // begins anew
  ending = setTimeout(next, SHOWN_MS);
}
