// The board that moves: what is on the page was rendered by the server; this only carries it on.

import { celebrate, withdraw } from "./celebrating.js";
import { keys } from "./keys.js";
import { Rows } from "./rows.js";
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

function apply(update, live) {
  if (!rows) return update.rows.length ? location.reload() : tell(update.happened, live); // the first rows: a table
  if (!by("board").hasAttribute("data-targets") && update.rows.some((row) => row.target)) return location.reload();
  const passed = rows.apply(update);
  pages?.show();
  if (by("total") && update.total) by("total").textContent = update.total;
  own(update.rows.find((row) => row.key === page.me));
  tell(update.happened, live);
  if (live && passed) status.say(fill(texts.passes, { who: passed.who, other: passed.other, amount: passed.amount }));
}

function own(row) {
  if (!row || !by("own-value")) return;
  by("own-value").textContent = row.text;
  by("own-next").textContent = row.next;
  const place = by("own-place");
  place.textContent = row.rank ? fill(texts.place, { rank: row.rank }) : "";
}

function tell(lines, live) {
  const feed = by("feed");
  feed.closest("section").hidden = !lines.length;
  feed.replaceChildren(...lines.map(item));
  const fresh = lines.filter((line) => line.position > newest).reverse();
  newest = Math.max(newest, ...lines.map((line) => line.position));
  for (const line of fresh) {
    if (line.kind === "unwin") withdraw(line.entity);
    if (live && line.kind === "win" && line.fresh) celebrate(line.entity, line.text);
  }
  const last = fresh.findLast((line) => line.kind === "win" || line.kind === "unwin");
  if (live && last) status.say(last.text);
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
  board: (update) => apply(update, false),
  change: (update) => apply(update, true),
  state(now) {
    if (now === "live" || state === "live") heard = Date.now();
    state = now;
    freshness(state);
  },
});
setInterval(() => state === "lost" && freshness(state), 5000);

// At the workspace's midnight "today" and "this month" are other days: load the page again, once it can be had.
const midnight = Date.now() + page.midnight * 1000 + 1500;
setInterval(async () => {
  if (Date.now() < midnight) return;
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
