// The one line that is read out: the latest thing that matters, at most every ten seconds, and only if it is wanted.

const BETWEEN_MS = 10000;

export class Status {
  constructor(line, choice) {
    this.line = line;
    this.choice = choice;
    this.text = "";
    this.last = -BETWEEN_MS;
    choice.closest("label").hidden = false;
    choice.checked = localStorage.getItem("announce") !== "no";
    choice.addEventListener("change", () => localStorage.setItem("announce", choice.checked ? "yes" : "no"));
  }

  say(text) {
    this.text = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.speak(), Math.max(0, this.last + BETWEEN_MS - performance.now()));
  }

  speak() {
    if (!this.choice.checked) return;
    this.last = performance.now();
    this.line.textContent = this.text;
  }
}
