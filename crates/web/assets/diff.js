// Comfort for the diff page: keys, lines opened in place, comment forms without a reload. The page is
// complete without it.

const page = document.querySelector(".diff-files");

/** Where the next or the previous change begins. */
function changes() {
  const rows = [...document.querySelectorAll(".file[open] .lines tr")];
  const isChange = (row) => row && (row.matches(".add, .del, .both"));
  return rows.filter((row) => isChange(row) && !isChange(row.previousElementSibling));
}

let here = null;

function step(by) {
  const rows = changes();
  if (!rows.length) return;
  let at = rows.indexOf(here);
  if (at < 0) {
    const below = rows.findIndex((row) => row.getBoundingClientRect().top > innerHeight / 3);
    at = by > 0 ? (below < 0 ? rows.length : below) - 1 : below < 0 ? rows.length : below;
  }
  at = Math.max(0, Math.min(rows.length - 1, at + by));
  here?.classList.remove("at");
  here = rows[at];
  here.classList.add("at");
  const smooth = matchMedia("(prefers-reduced-motion: no-preference)").matches;
  here.scrollIntoView({ block: "center", behavior: smooth ? "smooth" : "auto" });
}

/** The file that is read: the last one that begins above the middle. */
function fileHere() {
  if (here?.isConnected) return here.closest(".file");
  const files = [...document.querySelectorAll(".file")];
  return files.filter((file) => file.getBoundingClientRect().top < innerHeight / 2).at(-1) ?? files[0];
}

function toggleView() {
  document.querySelector(".segments a:not([aria-current])")?.click();
}

const keys = {
  n: () => step(1),
  p: () => step(-1),
  f: () => {
    const file = fileHere();
    if (file) file.open = !file.open;
  },
  s: toggleView,
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") event.target.closest("form")?.querySelector("[data-leave]")?.click();
    return;
  }
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

// The same place in the other view.
for (const link of document.querySelectorAll(".segments a")) {
  link.addEventListener("click", () => {
    const row = here ?? changes().find((row) => row.getBoundingClientRect().bottom > 0);
    const anchor = row?.querySelector(".n a[id]") ?? row?.nextElementSibling?.querySelector(".n a[id]");
    if (anchor) link.hash = anchor.id;
  });
}

/** Rows of a gap, fetched and put in its place; what is left of it stays a gap. */
async function open(gap) {
  const { old, new: fresh, len, step: size, from } = gap.dataset;
  const [start, after, length] = [Number(old), Number(fresh), Number(len)];
  const take = Math.min(length, Number(size));
  // From the side that touches a change; in the middle from above.
  const atEnd = !gap.previousElementSibling;
  const skip = atEnd ? length - take : 0;
  const address = new URL(from, location);
  address.searchParams.set("gap", `${start + skip},${after + skip},${take}`);
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(answer.statusText);
  const rows = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("tr");
  if (atEnd) gap.after(...rows);
  else gap.before(...rows);
  const left = length - take;
  if (!left) return gap.remove();
  gap.dataset.len = left;
  if (!atEnd) {
    gap.dataset.old = start + take;
    gap.dataset.new = after + take;
  }
  gap.querySelector("a").textContent = `${left} more ${left === 1 ? "line" : "lines"}`;
}

/** A form at the line, from the file's template. */
function say(link) {
  const name = link.getAttribute("href").split("#f").at(-1);
  const id = `say-${name}`;
  const known = document.getElementById(id);
  if (known) return known.focus();
  const template = link.closest(".file").querySelector("template.say-form");
  if (!template) return;
  const form = template.content.firstElementChild.cloneNode(true);
  const line = document.createElement("input");
  Object.assign(line, { type: "hidden", name: "line", value: name });
  form.append(line);
  const text = form.querySelector("textarea");
  text.id = id;
  form.querySelector("label").htmlFor = id;
  const row = document.createElement("tr");
  row.className = "said";
  const cell = row.insertCell();
  cell.colSpan = 4;
  cell.append(form);
  form.querySelector("[data-leave]").addEventListener("click", (event) => {
    event.preventDefault();
    row.remove();
    link.focus();
  });
  let after = link.closest("tr");
  while (after.nextElementSibling?.matches(".said")) after = after.nextElementSibling;
  after.after(row);
  text.focus();
}

page?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const gap = event.target.closest(".gap a");
  if (gap) {
    event.preventDefault();
    open(gap.closest("tr")).catch(() => location.assign(gap.href));
    return;
  }
  const number = event.target.closest(".lines td.n a");
  if (number && number.search.includes("comment=")) {
    event.preventDefault();
    history.replaceState(null, "", number.hash);
    say(number);
  }
});

// Side by side, a selection stays on its side.
page?.addEventListener("mousedown", (event) => {
  const cell = event.target.closest(".lines-split td.t");
  if (!cell) return;
  const table = cell.closest("table");
  const left = cell.cellIndex === 1;
  table.classList.toggle("pick-left", left);
  table.classList.toggle("pick-right", !left);
});

// A link to a line in a folded file opens it.
function reveal() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const file = target && target.closest("details.file");
  if (file && !file.open) {
    file.open = true;
    target.scrollIntoView({ block: "center" });
  }
}
addEventListener("hashchange", reveal);
reveal();
