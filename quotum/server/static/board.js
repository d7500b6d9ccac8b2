// The board that moves: what is on the page was rendered by the server; this only carries it on.

import { celebrate, withdraw } from "./celebrating.js";
import { keys } from "./keys.js";
import { Rows, brief } from "./rows.js";
import { Status } from "./status.js";
import { watch } from "./stream.js";
import { turn } from "./wall.js";

const page = JSON.parse(document.getElementById("live").textContent);
const { texts } = page;
const by = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const rows = by("board") && new Rows(by("board"), by("row"));
const status = new Status(by("status"), by("announce"));
const pages = document.documentElement.classList.contains("wall") && rows ? turn(rows, by("turn"), texts.page, fill) : null;
let newest = page.position - 1; // what happened up to here was on the page, or is told without a celebration

// `live`: it happened just now; `back`: the page is shown again after nobody looked.
function apply(update, live, back = false) {
  if (!rows) return update.rows.length ? location.reload() : tell(update, live, back); // the first rows: a table
  if (!by("board").hasAttribute("data-targets") && update.rows.some((row) => row.target)) return location.reload();
  const passed = rows.apply(update);
  pages?.show();
  if (by("total") && update.total) total(update);
  for (const id of ["since", "own-since"]) if (by(id)) by(id).textContent = update.since;
  own(update.rows.find((row) => row.key === page.me));
  tell(update, live, back);
  if (live && passed) status.say(fill(texts.passes, { who: passed.who, other: passed.other, amount: passed.amount }));
}

function total({ total: full, total_short: short }) {
  brief(by("total"), { short, full });
  by("total").firstElementChild.textContent = full;
}

function own(row) {
  if (!row || !by("own-value")) return;
  brief(by("own-value"), row);
  by("own-value").firstElementChild.textContent = row.text;
  by("own-next").textContent = row.next;
  by("own-place").textContent = row.rank ? fill(texts.place, { rank: row.rank }) : "";
  by("own-change").hidden = !row.change;
  by("own-change").lastElementChild.textContent = row.change;
  const pace = by("own-pace");
  pace.dataset.state = row.state;
  pace.hidden = !row.status;
  pace.querySelector(".status").textContent = row.status;
  pace.querySelector(".reached").textContent = row.done;
  pace.querySelector(".pace").textContent = row.pace;
  by("own-ask").hidden = row.state !== "behind";
}

// A win that came while nobody looked is celebrated when the page is shown again, if it is still fresh; later than this,
// or after a lost connection, it is only told.
const FRESH_MS = 10 * 60000;
const ahead = Date.parse(page.at) - Date.now(); // the server's clock, not this machine's

function tell({ happened }, live, back) {
  const feed = by("feed");
  feed.closest("section").hidden = !happened.length;
  feed.replaceChildren(...happened.map(item));
  const news = happened.filter((line) => line.position > newest).reverse();
  newest = Math.max(newest, ...happened.map((line) => line.position));
  const worth = (line) => live || (back && Date.now() + ahead - Date.parse(line.at) < FRESH_MS);
  for (const line of news) {
    if (line.kind === "unwin") withdraw(line.entity);
    if (line.kind === "win" && line.fresh && worth(line)) celebrate(line.entity, line.text);
  }
  const last = news.findLast((line) => line.kind === "win" || line.kind === "unwin");
  if (last && worth(last)) status.say(last.text);
}

function item(line) {
  const entry = by("line").content.firstElementChild.cloneNode(true);
  entry.dataset.kind = line.kind;
  entry.querySelector("time").dateTime = line.at;
  entry.querySelector("time").textContent = line.clock;
  entry.querySelector("span").textContent = line.text;
  return entry;
}

// How fresh the figures are, in words.
let heard = Date.now();
function freshness(state) {
  const seconds = Math.max(0, Math.round((Date.now() - heard) / 1000));
  const [text, n] = seconds < 60 ? [texts.seconds, 0] : seconds < 3600 ? [texts.minutes, Math.floor(seconds / 60)] : [texts.hours, Math.floor(seconds / 3600)];
  const words = state === "live" ? texts.live : fill(texts.lost, { age: fill(text, { n }) });
  if (by("freshness").dataset.state !== state || by("freshness-text").textContent !== words) {
    if (state === "lost" && by("freshness").dataset.state === "live") status.say(words);
    by("freshness").dataset.state = state;
    by("freshness-text").textContent = words;
    document.body.classList.toggle("stale", state === "lost");
  }
}

let state = "still";
watch(`/v1/stream?${new URLSearchParams(page.stream)}`, {
  board: (update, back) => apply(update, false, back),
  change: (update) => apply(update, true),
  refused: askAgain,
  state(now) {
    if (now === "live" || state === "live") heard = Date.now();
    state = now;
    if (state !== "away") freshness(state); // nobody looks, but the figures grow old
  },
});
// Whoever may look no longer is told by the page itself whom to ask.
async function askAgain() {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer?.status === 401 || answer?.status === 403) location.reload();
}
setInterval(() => state === "lost" && freshness(state), 5000);

// At the workspace's midnight "today" and "this month" are other days, at the hour "since 13:00" is another moment: load
// the page again, once it can be had.
const again = Date.now() + page.again * 1000 + 1500;
setInterval(async () => {
  if (Date.now() < again) return;
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}, 20000);

keys(rows);
for (const control of document.querySelectorAll(".choices select")) {
  let pointed = false; // keys walk through a list; only a pointer means what it changes
  control.addEventListener("pointerdown", () => (pointed = true));
  control.addEventListener("keydown", () => (pointed = false));
  control.addEventListener("change", () => pointed && control.form.requestSubmit());
}
find();

function find() {
  const field = by("find");
  if (!rows) return;
  field.closest("label").hidden = false;
  field.addEventListener("input", () => {
    const found = rows.find(field.value);
    by("found").textContent = field.value ? fill(texts.found, { n: found, all: rows.count }) : "";
  });
}
document.documentElement.dataset.ready = "";
