// A watched address: its events as they come, and whether the line is alive. Comes back by itself, for ever. The first
// board after nobody looked is told from one after a lost connection.

const SILENCE_MS = 40000; // the server says something every fifteen seconds
const AGAIN_MS = 2000;

export function watch(address, on) {
  let source = null;
  let heard = 0;
  let again = 0;
  let back = false;

  function open() {
    close();
    source = new EventSource(address);
    heard = Date.now();
    source.addEventListener("open", alive);
    source.addEventListener("pulse", alive);
    for (const kind of ["board", "change"]) {
      source.addEventListener(kind, (event) => {
        alive();
        on[kind](JSON.parse(event.data), back);
        back = false;
      });
    }
    source.addEventListener("error", () => {
      on.state("lost");
      if (source?.readyState !== EventSource.CLOSED) return;
      later(); // an answer that is none: the browser gives up, we do not
      on.refused();
    });
  }

  function alive() {
    heard = Date.now();
    on.state("live");
  }

  function later() {
    clearTimeout(again);
    again = setTimeout(open, AGAIN_MS);
  }

  function leave() {
    close();
    on.state("away");
  }

  function seenAgain() {
    back = true;
    open();
  }

  function close() {
    clearTimeout(again);
    source?.close();
    source = null;
  }

  // A line that broke without a word looks open; and a page that nobody sees needs none.
  setInterval(() => {
    if (!source || Date.now() - heard < SILENCE_MS) return;
    on.state("lost");
    open();
  }, 5000);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : seenAgain()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && seenAgain());
  if (!document.hidden) open();
}
