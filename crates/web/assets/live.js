// Follows what happens: a notice says that something of this page has moved, and then the page asks
// for its moving part again and changes what is different in it. Scroll position, focus, what is
// written in fields and what is unfolded stay as they are.

const live = document.getElementById("live");
const said = document.getElementById("live-said");
const connection = document.getElementById("connection");

const NOTICES = ["task", "attempt", "verdict"];
// Between two looks at least.
const LOOK_MS = 400;
// Without notices it is looked so often, and after a failure.
const POLL_MS = 5000;
const POLL_MS_MAX = 60000;
// What is read aloud, at most so often.
const SAY_MS = 5000;

const about = (live?.dataset.about ?? "").split(" ").filter(Boolean);
let pollMs = POLL_MS;
let timer = 0;
let looking = false;
let again = false;
let lastLook = 0;

function show(is, words) {
  if (!connection) return;
  connection.hidden = false;
  connection.dataset.is = is;
  if (connection.textContent !== words) connection.textContent = words;
}

function soon(after = LOOK_MS) {
  if (looking) { again = true; return; }
  clearTimeout(timer);
  timer = setTimeout(look, Math.max(0, after, lastLook + LOOK_MS - Date.now()));
}

async function look() {
  if (document.hidden) { again = true; return; }
  looking = true;
  again = false;
  lastLook = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Fragment": "live" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    replace(await answer.text());
    pollMs = POLL_MS;
  } catch {
    pollMs = Math.min(pollMs * 2, POLL_MS_MAX);
    again = true;
  }
  looking = false;
  if (again) soon(pollMs === POLL_MS ? LOOK_MS : pollMs);
}

function replace(text) {
  const follows = live.querySelector(".follow");
  const atEnd = follows && innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
  const fresh = new DOMParser().parseFromString(`<div>${text}</div>`, "text/html").body.firstChild;
  morph(live, fresh);
  if (atEnd) scrollTo({ top: document.documentElement.scrollHeight });
  document.dispatchEvent(new CustomEvent("live"));
  say();
}

// The state in words, for who can't see it change.
let told = 0;
let words = states();
function states() {
  return [...(live?.querySelectorAll("[class*=chip-accent], .way [aria-current], .attempt-head .chip, .task-facts .chip") ?? [])]
    .map((one) => one.textContent.trim()).filter(Boolean).slice(0, 4).join(", ");
}
function say() {
  const now = states();
  if (now === words || Date.now() - told < SAY_MS) return;
  words = now;
  told = Date.now();
  if (said) said.textContent = now || "done";
}

const key = (node) => (node.nodeType === 1 ? node.id || node.dataset.key || "" : "");

function morph(from, to) {
  const keyed = new Map();
  for (const child of from.children) if (child.id) keyed.set(child.id, child);
  let at = from.firstChild;
  for (let want = to.firstChild; want; ) {
    const next = want.nextSibling;
    const found = want.id && keyed.get(want.id);
    if (found && found !== at) from.insertBefore(found, at);
    const have = found || at;
    if (have && same(have, want)) {
      update(have, want);
      at = have.nextSibling;
    } else {
      from.insertBefore(document.importNode(want, true), at);
    }
    want = next;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function same(have, want) {
  return have.nodeType === want.nodeType && have.nodeName === want.nodeName && key(have) === key(want);
}

function update(have, want) {
  if (have.isEqualNode(want)) return;
  if (have.nodeType !== 1) {
    if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
    return;
  }
  // What a person writes or has unfolded is theirs.
  if (have.matches("textarea, input:not([type=hidden]), select")) return;
  const keeps = have.matches("details") ? ["open"] : [];
  for (const { name } of [...have.attributes]) {
    if (!want.hasAttribute(name) && !keeps.includes(name)) have.removeAttribute(name);
  }
  for (const { name, value } of [...want.attributes]) {
    if (have.getAttribute(name) !== value && !keeps.includes(name)) have.setAttribute(name, value);
  }
  morph(have, want);
}

function concerns(data) {
  return about.length === 0 || about.some((id) => data.includes(`"${id}"`));
}

function listen() {
  const stream = new EventSource(live.dataset.stream);
  stream.onopen = () => { show("live", "Live"); soon(); };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) {
      // The server has no stream for us: look by ourselves.
      show("off", "Looks now and then");
      poll();
    } else {
      show("lost", "Reconnecting");
    }
  };
  const heard = (event) => { if (concerns(event.data)) soon(); };
  for (const notice of NOTICES) stream.addEventListener(notice, heard);
  addEventListener("pagehide", () => stream.close());
}

function poll() {
  setTimeout(() => { soon(0); poll(); }, pollMs);
}

// Times that pass are told anew now and then.
function tick() {
  setTimeout(() => { if (live.querySelector(".spin, .dot-working")) soon(0); tick(); }, 10000);
}

if (live) {
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) soon(0); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  listen();
  tick();
}
