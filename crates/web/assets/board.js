// Keys of the board, and Ctrl+Enter to delegate.

const box = document.getElementById("delegate-text");
const keys = document.getElementById("keys");

const writes = (target) => target.closest?.("input, textarea, select, [contenteditable]");
const tasks = () => [...document.querySelectorAll(".task-text")];

function move(by) {
  const all = tasks();
  const at = all.findIndex((one) => one === document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  all[next]?.focus();
  all[next]?.closest(".task").scrollIntoView({ block: "nearest" });
}

const acts = {
  c: () => box?.focus(),
  j: () => move(1),
  k: () => move(-1),
  "/": () => document.querySelector(".filters input[type=search]")?.focus(),
  "?": () => keys?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && writes(event.target)) return event.target.blur();
  if (writes(event.target) || document.querySelector("dialog[open]")) return;
  const act = acts[event.key];
  if (act) { event.preventDefault(); act(); }
});

box?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) box.form.requestSubmit();
});

// Delegating fetches the repository, which takes a moment: once is enough.
document.getElementById("delegate")?.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button[type=submit]");
  setTimeout(() => { button.disabled = true; });
  addEventListener("pageshow", () => { button.disabled = false; });
});

for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
