// Decisions on their way: kept in the browser from the gesture until the server has them, each with a
// key made at the gesture, so that one that is sent twice is made once. The page and the service worker
// both send; a lock lets one of them at a time.

const DATABASE = "whimbrel-feed";
const STORE = "decisions";
const SEND_MS_MAX = 15_000;
const KEPT_MAX = 500;

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function within(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** All that waits, oldest first. */
export async function waiting() {
  const all = await within("readonly", (store) => store.getAll());
  return all.sort((one, other) => one.at - other.at);
}

export async function keep(decision) {
  if ((await waiting()).length >= KEPT_MAX) throw new Error("too many decisions wait to be sent");
  return within("readwrite", (store) => store.put(decision));
}

export function drop(key) {
  return within("readwrite", (store) => store.delete(key));
}

/** What was sent goes; unless it was taken back meanwhile, which is to be sent too. */
function dropSent({ key, isBack }) {
  return within("readwrite", (store) => {
    const request = store.get(key);
    request.onsuccess = () => Boolean(request.result?.isBack) === Boolean(isBack) && store.delete(key);
    return request;
  });
}

export async function empty() {
  return within("readwrite", (store) => store.clear());
}

/** One sender at a time, among all pages and the worker. */
function alone(work) {
  return navigator.locks ? navigator.locks.request("whimbrel-outbox", work) : work();
}

/**
 * Sends what waits, in order. `told` hears what became of each: `sent` with the verdict, `refused` with
 * words, or `waits`; then the rest waits too.
 */
export function send(told = () => {}, person = "") {
  return alone(async () => {
    for (const decision of await waiting()) {
      // Another person's waits until they are here again.
      if (person && decision.person && decision.person !== person) continue;
      const result = await post(decision);
      if (result.is !== "waits") await dropSent(decision);
      told(decision, result);
      if (result.is === "waits") return;
    }
  });
}

/** Gives the decision, or takes it back where it says so: whether it arrived or not, in whatever order. */
export async function post({ key, attempt, kind, reason, words, text, person, isBack }) {
  const address = isBack ? "/verdicts/by-key/withdraw" : `/attempts/${encodeURIComponent(attempt)}/verdict`;
  const form = new URLSearchParams({ attempt, kind, key, back: "/feed" });
  if (person) form.set("person", person);
  if (reason) form.set("reason", reason);
  if (words) form.set("words", words);
  if (text) form.set("text", text);
  let response;
  try {
    response = await fetch(address, {
      method: "POST",
      body: form,
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(SEND_MS_MAX),
      redirect: "manual",
    });
  } catch {
    return { is: "waits", words: "There is no connection." };
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok && answer.id) return { is: "sent", verdict: answer };
  const words_ = answer.words ?? answer.detail ?? `The server says ${response.status}.`;
  // Who isn't signed in any more can be again; and a server that stumbles gets up.
  // An answer that isn't ours is that of something between, such as a network's own sign-in page.
  const passes = response.type === "opaqueredirect" || response.ok || [401, 408, 425, 429].includes(response.status) || response.status >= 500;
  return passes ? { is: "waits", words: words_ } : { is: "refused", words: words_ };
}
