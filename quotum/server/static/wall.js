// On a wall: ten rows at a time, page after page, back to the first.

const ROWS = 10;
const EACH_MS = 12000;

export function turn(rows, line, text, fill) {
  let page = 0;
  const show = () => {
    const all = rows.ordered;
    const pages = Math.max(1, Math.ceil(all.length / ROWS));
    page %= pages;
    all.forEach(({ element }, place) => element.classList.toggle("away", Math.floor(place / ROWS) !== page));
    line.hidden = pages < 2;
    line.textContent = fill(text, { page: page + 1, pages });
  };
  document.documentElement.classList.add("turning");
  show();
  setInterval(() => {
    page += 1;
    show();
  }, EACH_MS);
  return { show };
}
