// The keyboard: arrows go through the figures, / finds, ? helps. Single keys can be turned off, for those who dictate.

export function keys(rows) {
  const wanted = document.getElementById("shortcuts");
  wanted.closest("label").hidden = false;
  wanted.checked = localStorage.getItem("shortcuts") !== "no";
  wanted.addEventListener("change", () => localStorage.setItem("shortcuts", wanted.checked ? "yes" : "no"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea, dialog *");
    if (event.key === "Escape" && event.target.id === "find") leave(event.target);
    if (event.key === "Escape") shut(document.querySelector(".columns[open]"));
    if (typing) return;
    if (wanted.checked && event.key === "/") go(event, document.getElementById("find"));
    if (wanted.checked && event.key === "?") document.getElementById("help").showModal();
    if (rows && (event.key === "ArrowDown" || event.key === "ArrowUp")) step(event, rows, event.key === "ArrowDown" ? 1 : -1);
  });
}

function go(event, element) {
  event.preventDefault();
  element.focus();
}

function leave(field) {
  field.value = "";
  field.dispatchEvent(new Event("input"));
  field.blur();
}

function shut(panel) {
  if (!panel) return;
  panel.open = false;
  panel.querySelector("summary").focus();
}

function step(event, rows, by) {
  const links = rows.ordered.filter(({ element }) => !element.hidden && element.checkVisibility()).map(({ element }) => element.querySelector(".value a"));
  const place = links.indexOf(document.activeElement);
  const next = links[place < 0 ? (by > 0 ? 0 : links.length - 1) : place + by];
  if (next) go(event, next);
}
