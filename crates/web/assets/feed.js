// The feed: cards that follow the finger, decisions that can be taken back, and that are kept where
// there is no network. Everything here can also be done with the page's own forms.

import * as film from "./feed-film.js";
import * as outbox from "./feed-outbox.js";
import * as sheet from "./feed-sheet.js";
import * as swipe from "./feed-swipe.js";

const GRACE_MS = 5_000;
const REFRESH_MS = 20_000;
const WATCH_MS = 1_500;
const WATCHES_MAX = 200;
const RETRY_MS = 15_000;

const $ = (id) => document.getElementById(id);
const [feed, list, toast, said, offline] = [$("feed"), $("feed-list"), $("feed-toast"), $("feed-said"), $("feed-offline")];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** What was decided here last: `{ item, decision, over, undone }`. */
let last = null;
/** Attempts that were decided here, and may still be in what the server says. */
const decided = new Set();
let current = null;
let retry = 0;

const items = () => [...list.querySelectorAll(".feed-item:not([hidden])")];
const cardOf = (item) => item.querySelector(".feed-card");
const itemOf = (attempt) => list.querySelector(`.feed-item[data-attempt="${CSS.escape(attempt)}"]`);
const titleOf = (item) => item.querySelector(".feed-title").textContent.trim();

function say(words) {
  said.textContent = "";
  requestAnimationFrame(() => { said.textContent = words; });
}

/* ---- where one is ------------------------------------------------------------------------- */

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) arrive(target);
}, { root: list, threshold: 0.6 });

function arrive(target) {
  if (target === current) return;
  if (current) sheet.hide(current);
  current = target.matches(".feed-item") ? target : null;
  film.on(items(), current);
  aside();
  keepFilms();
  if (!current) return;
  const all = items();
  say(`Card ${all.indexOf(current) + 1} of ${all.length}: ${titleOf(current)}`);
}

function go(step) {
  const stops = [...items(), list.querySelector(".feed-end")];
  const at = current ? stops.indexOf(current) : stops.length - 1;
  const to = stops[Math.max(0, Math.min(stops.length - 1, at + step))];
  to.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
  (to.querySelector(".feed-card") ?? list).focus({ preventScroll: true });
}

function count() {
  const all = items();
  all.forEach((item, index) => {
    item.querySelector(".feed-number").textContent = index + 1;
    item.querySelector(".feed-all").textContent = all.length;
  });
  feed.dataset.cards = all.length;
  document.title = all.length ? `(${all.length}) Feed · whimbrel` : "Feed · whimbrel";
}

/** On a wide screen the details stand beside the card. */
function aside() {
  let beside = $("feed-aside");
  if (!beside) {
    beside = document.createElement("aside");
    beside.id = "feed-aside";
    beside.className = "feed-aside";
    beside.setAttribute("aria-label", "Details of the card");
    feed.append(beside);
  }
  const inside = current?.querySelector(".feed-sheet.is-more .feed-sheet-in");
  beside.hidden = !inside;
  beside.replaceChildren(...(inside ? [...inside.cloneNode(true).childNodes] : []));
}

/* ---- deciding ----------------------------------------------------------------------------- */

async function decide(item, what) {
  if ((last?.item === item && !last.over) || item.dataset.deciding) return;
  item.dataset.deciding = "yes";
  const decision = { key: outbox.newKey(), attempt: item.dataset.attempt, at: Date.now(), person: feed.dataset.person, ...what };
  settle();
  try {
    await outbox.keep(decision);
  } catch {
    // A browser that keeps nothing, as some do in private windows: the form does it.
    return form(item, decision).requestSubmit();
  } finally {
    delete item.dataset.deciding;
  }
  const mine = { item, decision, over: false, undone: false };
  last = mine;
  decided.add(decision.attempt);
  sheet.hide(item);
  tell(words(decision), GRACE_MS);
  navigator.vibrate?.(12);
  const side = { approve: "right", reject: "left" }[decision.kind];
  film.pause(item);
  await swipe.leave(cardOf(item), side);
  // Taken back before it was gone.
  if (mine.undone) return;
  dismiss(item);
  await sendNow();
}

/** The card goes, and the next one comes up. */
function dismiss(item) {
  const next = items()[items().indexOf(item) + 1];
  decided.add(item.dataset.attempt);
  item.hidden = true;
  count();
  if (current !== item) return;
  current = null;
  arrive(next ?? list.querySelector(".feed-end"));
  (next ? cardOf(next) : list).focus({ preventScroll: true });
  if (next) swipe.enter(cardOf(next));
}

function form(item, { kind, reason }) {
  if (kind === "approve") return item.querySelector(".feed-approve");
  const found = item.querySelector(`.feed-sheet.is-${kind} form`);
  if (reason) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "reason", value: reason });
    found.append(field);
  }
  item.dataset.plain = "yes";
  return found;
}

const words = ({ kind, label }) =>
  ({ approve: "Approved", reject: `Rejected: ${label ?? ""}`, feedback: "Feedback given" })[kind];

async function undo() {
  const taken = last;
  if (!taken || taken.over) return;
  taken.over = taken.undone = true;
  hush();
  cardOf(taken.item).getAnimations().forEach((flight) => flight.cancel());
  bring(taken.item, "Taken back");
  const back = { ...taken.decision, isBack: true };
  // Kept before it is sent, so that it arrives even where this page doesn't live to see it.
  await outbox.keep(back).catch(() => {});
  const result = await outbox.post(back);
  if (result.is !== "waits") await outbox.drop(back.key).catch(() => {});
  if (result.is === "refused") {
    dismiss(taken.item);
    return tell(result.words, 0);
  }
  if (result.is === "waits") waits();
}

/** The card is there again. */
function bring(item, why) {
  decided.delete(item.dataset.attempt);
  item.hidden = false;
  count();
  item.scrollIntoView({ behavior: "auto", block: "start" });
  current = null;
  arrive(item);
  cardOf(item).focus({ preventScroll: true });
  say(`${why}: ${titleOf(item)}`);
}

/* ---- sending ------------------------------------------------------------------------------ */

function sendNow() {
  return outbox.send(heard, feed.dataset.person).catch(() => {}).then(waits);
}

function heard(decision, result) {
  const mine = last?.decision.key === decision.key ? last : null;
  if (result.is === "sent") {
    if (result.verdict.state === "withdrawn") return;
    if (mine && !mine.over) tell(words(decision), result.verdict.grace_ms);
    follow(result.verdict, decision);
  } else if (result.is === "refused") {
    if (mine) mine.over = true;
    const item = itemOf(decision.attempt);
    // What could not be taken back is decided; what could not be decided isn't.
    if (item && decision.isBack) dismiss(item);
    else if (item) bring(item, "Not decided");
    tell(result.words, 0);
    refresh();
  } else if (mine && !mine.over) {
    tell(`${words(decision)}; will be sent when there is a connection`, GRACE_MS);
  }
}

/** What waits to be sent, said as long as it does. */
async function waits() {
  const left = await outbox.waiting().catch(() => []);
  left.filter(({ isBack }) => !isBack).forEach(({ attempt }) => decided.add(attempt));
  offline.hidden = left.length === 0 && navigator.onLine;
  const many = left.length === 1 ? "1 decision" : `${left.length} decisions`;
  offline.textContent = left.length ? `${many} will be sent` : "Offline";
  clearTimeout(retry);
  if (!left.length) return;
  retry = setTimeout(sendNow, RETRY_MS);
  const ready = await navigator.serviceWorker?.getRegistration("/feed");
  ready?.sync?.register("outbox").catch(() => {});
}

/** Says what became of it. */
async function follow(verdict, decision, left = WATCHES_MAX) {
  // To prove a merge again can take many minutes.
  const pause = Math.max(left > 0 ? WATCH_MS : REFRESH_MS, verdict.grace_ms);
  await new Promise((resolve) => setTimeout(resolve, pause));
  const response = await fetch(`/verdicts/${verdict.id}`).catch(() => null);
  const now = response?.ok ? await response.json() : verdict;
  if (now.state === "withdrawn") return;
  if (now.state === "pending") return follow({ ...now, grace_ms: 0 }, decision, left - 1);
  if (now.state === "failed") {
    decided.delete(decision.attempt);
    tell(now.words, 0);
    refresh();
  } else if (now.state === "carried_out") {
    say(now.words);
    if (toast.hidden) tell(now.words, 0);
  }
}

/* ---- the note that can be undone ---------------------------------------------------------- */

/** With `ms` it can be undone that long; without, it is only read. */
function tell(text, ms) {
  clearTimeout(toast.timer);
  $("feed-toast-words").textContent = text;
  toast.classList.toggle("is-plain", ms <= 0);
  toast.hidden = false;
  const ring = toast.querySelector(".feed-ring-left");
  ring.getAnimations().forEach((animation) => animation.cancel());
  if (ms > 0) ring.animate([{ strokeDashoffset: 0 }, { strokeDashoffset: 100 }], { duration: ms, fill: "forwards" });
  toast.timer = setTimeout(() => { if (ms > 0) settle(); hush(); }, ms > 0 ? ms : 6_000);
  say(ms > 0 ? `${text}. U takes it back.` : text);
}

function hush() {
  clearTimeout(toast.timer);
  toast.hidden = true;
}

/** What can't be taken back any more. */
function settle() {
  if (last) last.over = true;
}

/* ---- cards that come and go --------------------------------------------------------------- */

async function refresh() {
  const response = await fetch("/feed", { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = [...page.querySelectorAll(".feed-item")];
  const there = new Map([...list.querySelectorAll(".feed-item")].map((item) => [item.dataset.attempt, item]));
  const ending = list.querySelector(".feed-end");
  let came = 0;
  for (const item of fresh) {
    const known = there.get(item.dataset.attempt);
    there.delete(item.dataset.attempt);
    if (decided.has(item.dataset.attempt)) continue;
    if (known && known.dataset.version === item.dataset.version && !known.hidden) continue;
    if (known && sheet.open(known)) continue;
    const adopted = document.adoptNode(item);
    if (known) known.replaceWith(adopted);
    else ending.before(adopted);
    enliven(adopted);
    if (known === current) { current = null; arrive(adopted); }
    came += 1;
  }
  for (const [attempt, item] of there) if (!decided.has(attempt) && !item.hidden && !sheet.open(item)) gone(item);
  const end = page.querySelector(".feed-end");
  if (end) ending.replaceChildren(...document.adoptNode(end).childNodes);
  count();
  if (came) say(came === 1 ? "A new card" : `${came} new cards`);
}

/** Somebody else decided it. */
function gone(item) {
  if (item === current) tell("Somebody else decided this one", 0);
  seen.unobserve(item);
  item.remove();
}

function enliven(item) {
  if (item.dataset.alive) return;
  item.dataset.alive = "yes";
  film.prepare(item);
  sheet.letSpeak(item);
  seen.observe(item);
  swipe.watch(item, {
    approve: () => decide(item, { kind: "approve" }),
    reject: () => reject(item),
    hold: () => feedback(item),
    tap: () => details(item),
  });
  item.addEventListener("submit", (event) => {
    if (item.dataset.plain) return;
    event.preventDefault();
    const data = new FormData(event.target, event.submitter);
    const what = Object.fromEntries(["kind", "reason", "words", "text"].map((name) => [name, data.get(name) ?? ""]));
    decide(item, { ...what, label: event.submitter?.textContent.trim() });
  });
  item.addEventListener("toggle", (event) => {
    if (!event.target.matches("details.feed-sheet")) return;
    if (event.target.open) film.pause(item);
    else if (item === current) film.resume(item);
  }, true);
}

const reject = (item) => sheet.show(item, "reject");
const feedback = (item) => { film.pause(item); sheet.show(item, "feedback"); };
const details = (item) => sheet.show(item, "more");

/* ---- keys --------------------------------------------------------------------------------- */

const keys = {
  ArrowRight: () => current && decide(current, { kind: "approve" }),
  ArrowLeft: () => current && reject(current),
  " ": () => current && feedback(current),
  Enter: () => current && details(current),
  ArrowDown: () => go(1),
  ArrowUp: () => go(-1),
  j: () => go(1),
  k: () => go(-1),
  u: undo,
  "?": () => $("feed-keys").showModal(),
};

document.addEventListener("pointerdown", () => feed.classList.remove("is-keyed"));
document.addEventListener("keydown", (event) => {
  feed.classList.add("is-keyed");
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || $("feed-keys").open) return;
  if (event.key === "Escape" && current && sheet.hide(current)) return event.preventDefault();
  const at = event.target;
  if (at.closest("input, textarea, select")) return;
  const isControl = at.closest("button, a, summary");
  if (isControl && (event.key === "Enter" || event.key === " ")) return;
  // Nothing is decided by a key that was meant for something else.
  const decides = event.key === "ArrowRight" || event.key === "ArrowLeft";
  if (decides && (isControl || event.shiftKey)) return;
  if (current && sheet.open(current)) return;
  const does = keys[event.key];
  if (!does || event.repeat) return;
  event.preventDefault();
  does();
});

/* ---- the app ------------------------------------------------------------------------------ */

async function keepFilms() {
  const worker = (await navigator.serviceWorker?.getRegistration("/feed"))?.active;
  worker?.postMessage({ films: film.addresses(items(), current) });
}

async function install() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/worker.js", { scope: "/feed", type: "module" });
  const { active } = await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const assets = loaded.filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/assets/"));
  active.postMessage({ assets: assets.map(({ pathname }) => pathname) });
  keepFilms();
}

navigator.serviceWorker?.addEventListener("message", ({ data }) => data?.send && sendNow());
addEventListener("online", sendNow);
addEventListener("offline", waits);
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") !== "/logout") return;
  outbox.empty().catch(() => {});
  caches?.keys().then((names) => names.forEach((name) => caches.delete(name)));
});
$("feed-undo").addEventListener("click", undo);
// Right after a swipe the browser may make no click of a tap, and these seconds count.
$("feed-undo").addEventListener("touchend", (event) => {
  const [{ clientX, clientY }] = event.changedTouches;
  if (!$("feed-undo").contains(document.elementFromPoint(clientX, clientY))) return;
  event.preventDefault();
  undo();
});

function start() {
  feed.classList.add("is-alive");
  items().forEach(enliven);
  seen.observe(list.querySelector(".feed-end"));
  count();
  if (location.search) history.replaceState(null, "", "/feed");
  setInterval(() => { if (!document.hidden && !(current && sheet.open(current))) refresh(); }, REFRESH_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { if (current) film.pause(current); } else { refresh(); if (current) film.resume(current); }
  });
}

async function begin() {
  const left = await outbox.waiting().catch(() => []);
  for (const { attempt } of left.filter(({ isBack }) => !isBack)) {
    decided.add(attempt);
    const item = itemOf(attempt);
    if (item) item.hidden = true;
  }
  start();
  sendNow();
  install().catch(() => {});
}

begin();
