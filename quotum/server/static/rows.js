// The rows of a table: known by key, put into order, slid to their new places, counted up to their new figures.

const SLIDE_MS = 400;
const MARKED_MS = 4000;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const language = document.documentElement.lang;

export class Rows {
  constructor(table, template) {
    this.table = table;
    this.body = table.tBodies[0];
    this.template = template.content.firstElementChild;
    this.rows = new Map();
    [...this.body.rows].forEach((element, place) => {
      const text = (part) => element.querySelector(part)?.textContent.trim() ?? "";
      const rank = Number(text(".rank")) || null;
      this.rows.set(element.dataset.key, { element, place, rank, text: text(".value"), name: text(".who") });
    });
  }

  get count() {
    return this.rows.size;
  }

  get ordered() {
    return [...this.rows.values()].sort((one, other) => one.place - other.place);
  }

  // Take an update; returns who passed whom, if somebody moved up past another.
  apply(update) {
    const before = this.places();
    const ranks = new Map([...this.rows].map(([key, row]) => [key, row.rank]));
    for (const key of update.gone ?? this.missing(update.rows)) this.drop(key);
    const changed = update.rows.filter((row) => this.put(row));
    this.order();
    this.table.toggleAttribute("data-unmoved", !this.body.querySelector(".change:not(:empty)"));
    this.slide(before);
    return this.passed(changed, ranks);
  }

  missing(rows) {
    const there = new Set(rows.map((row) => row.key));
    return [...this.rows.keys()].filter((key) => !there.has(key));
  }

  drop(key) {
    this.rows.get(key)?.element.remove();
    this.rows.delete(key);
  }

  // Put a row's texts in; true if its figure changed.
  put(row) {
    const known = this.rows.get(row.key);
    const element = known?.element ?? this.template.cloneNode(true);
    element.dataset.key = row.key;
    element.toggleAttribute("data-unranked", row.rank === null);
    const set = (part, text) => {
      const cell = element.querySelector(part);
      if (cell && cell.textContent !== text) cell.textContent = text;
    };
    set(".rank", row.rank === null ? "" : String(row.rank));
    set(".who bdi", row.name);
    for (const part of ["team", "change", "target", "done", "status"]) set(`.${part}`, row[part]);
    element.dataset.state = row.state;
    const link = element.querySelector(".value a");
    brief(link, row);
    if (!known) link.search = link.search.replace(/([?&]key=)[^&]*/, `$1${encodeURIComponent(row.key)}`);
    if (element.querySelector(".bar")) this.draw(element, row);
    const moved = Boolean(known) && known.text !== row.text;
    if (moved) this.mark(element);
    count(link.firstElementChild, known?.text ?? row.text, row.text);
    this.rows.set(row.key, { element, place: row.place, rank: row.rank, text: row.text, full: row.full, name: row.name });
    return moved;
  }

  draw(element, row) {
    const bar = element.querySelector(".fill");
    bar.setAttribute("width", `${row.part * 100}%`);
    bar.classList.toggle("below", row.value.startsWith("-"));
    const whole = element.querySelector(".whole");
    for (const end of ["x1", "x2"]) whole.setAttribute(end, `${row.whole * 100}%`);
    whole.setAttribute("visibility", row.whole ? "visible" : "hidden");
  }

  mark(element) {
    element.classList.add("changed");
    clearTimeout(element.marked);
    element.marked = setTimeout(() => element.classList.remove("changed"), MARKED_MS);
  }

  // Move only what is out of place; whoever has the focus keeps it.
  order() {
    const focused = document.activeElement;
    let next = this.body.firstElementChild;
    for (const { element } of this.ordered) {
      if (element === next) next = next.nextElementSibling;
      else this.body.insertBefore(element, next);
    }
    if (focused !== document.activeElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
  }

  places() {
    if (calm.matches) return null;
    return new Map([...this.rows.values()].map(({ element }) => [element, element.getBoundingClientRect().top]));
  }

  slide(before) {
    if (!before) return;
    const moves = [];
    for (const { element } of this.rows.values()) {
      for (const running of element.getAnimations()) running.cancel();
    }
    for (const { element } of this.rows.values()) {
      const [from, to] = [before.get(element), element.getBoundingClientRect().top];
      const seen = Math.min(from ?? to, to) < innerHeight && Math.max(from ?? to, to) > 0;
      if (from !== undefined && Math.abs(from - to) > 1 && seen) moves.push([element, from - to]);
    }
    for (const [element, distance] of moves) {
      element.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], { duration: SLIDE_MS, easing: "cubic-bezier(.2,.7,.2,1)" });
    }
  }

  passed(changed, ranks) {
    for (const row of changed) {
      const was = ranks.get(row.key);
      if (!was || !row.rank || row.rank >= was) continue;
      const other = this.ordered.find((one) => one.rank > row.rank && ranks.get(one.element.dataset.key) <= was && one.name !== row.name && ranks.get(one.element.dataset.key) < one.rank);
      if (other) return { who: row.name, other: other.name, amount: row.full };
    }
    return null;
  }

  find(text) {
    const wanted = text.trim().toLocaleLowerCase(language);
    let found = 0;
    for (const { element, name } of this.rows.values()) {
      const fits = !wanted || name.toLocaleLowerCase(language).includes(wanted);
      element.hidden = !fits;
      found += fits ? 1 : 0;
    }
    return found;
  }
}

// Where space is short a large figure is shown in brief; the exact one stays for who asks and who listens.
export function brief(element, { short, full }) {
  element.toggleAttribute("data-short", Boolean(short));
  element.toggleAttribute("title", Boolean(short));
  if (!short) return;
  element.dataset.short = short;
  element.title = full;
}

// Count from one figure to the next; it always ends with exactly what the server wrote.
function count(cell, from, to) {
  cancelAnimationFrame(cell.counting);
  const [start, end] = [number(from), number(to)];
  if (from === to || calm.matches || start === null || end === null) {
    if (cell.textContent !== to) cell.textContent = to;
    return;
  }
  const digits = decimals(to);
  const shown = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const begun = performance.now();
  const step = (now) => {
    const part = Math.min(1, Math.max(0, (now - begun) / SLIDE_MS));
    cell.textContent = part < 1 ? shown.format(start + (end - start) * part) : to;
    if (part < 1) cell.counting = requestAnimationFrame(step);
  };
  cell.counting = requestAnimationFrame(step);
}

const point = language === "nl" ? "," : ".";
const plain = /^-?[\d.,]+$/;
const number = (text) => (plain.test(text) ? Number(text.replace(point === "," ? /\./g : /,/g, "").replace(",", ".")) : null);
const decimals = (text) => (text.includes(point) ? text.length - text.lastIndexOf(point) - 1 : 0);
