// Keys of a task: a approves, r rejects, f asks for changes. The first two only bring one there:
// Enter is the decision.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest?.("input, textarea, select")) return;
  if (!/^[arf]$/.test(event.key)) return;
  const found = document.querySelector(`[data-key="${event.key}"]`);
  if (!found) return;
  event.preventDefault();
  found.focus();
  const more = found.closest("details");
  if (more) {
    more.open = true;
    more.querySelector("textarea, input[type=text]")?.focus();
  }
});
