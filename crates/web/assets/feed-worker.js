// The feed without a network: its shell, the last cards and the next films are kept, and decisions are
// sent when there is one again. It rules over /feed alone, and keeps no other page.

import { send } from "./feed-outbox.js";

const SHELL = "whimbrel-shell";
const FILMS = "whimbrel-films";
const FILM_BYTES_MAX = 4 * 1024 * 1024;
const FILMS_BYTES_MAX = 24 * 1024 * 1024;
const ASSETS_MAX = 60;
const NETWORK_MS_MAX = 6_000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (address.pathname === "/feed") event.respondWith(feed(request));
  else if (address.pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (address.pathname.startsWith("/films/")) event.respondWith(film(request));
});

self.addEventListener("message", (event) => {
  const { films, assets, clear } = event.data ?? {};
  if (clear) event.waitUntil(forget());
  if (films) event.waitUntil(keepFilms(films));
  if (assets) event.waitUntil(keepAssets(assets));
});

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(sendOrTell());
});

/** A page that is open tells its person; where none is, it is sent from here. */
async function sendOrTell() {
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.length > 0) pages.forEach((page) => page.postMessage({ send: true }));
  else await send();
}

/** The newest there is; without a network the last. */
async function feed(request) {
  const shell = await caches.open(SHELL);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(NETWORK_MS_MAX) });
    const isFeed = response.ok && !response.redirected;
    if (isFeed && !new URL(request.url).search) await shell.put("/feed", response.clone());
    // Who isn't signed in any more has nothing to see here.
    if (response.status === 401 || response.status === 403 || response.redirected || response.type === "opaqueredirect") await forget();
    return response;
  } catch (gone) {
    const kept = await shell.match("/feed");
    if (kept) return kept;
    throw gone;
  }
}

async function asset(request) {
  const kept = await caches.match(request, { cacheName: SHELL });
  if (kept) return kept;
  const response = await fetch(request);
  const isLasting = response.headers.get("cache-control")?.includes("immutable");
  if (response.ok && isLasting) await (await caches.open(SHELL)).put(request, response.clone());
  return response;
}

async function keepAssets(addresses) {
  const shell = await caches.open(SHELL);
  const wanted = new Set(addresses.slice(0, ASSETS_MAX));
  for (const kept of await shell.keys()) {
    const { pathname } = new URL(kept.url);
    if (pathname.startsWith("/assets/") && !wanted.has(pathname)) await shell.delete(kept);
  }
  for (const address of wanted) {
    if (!(await shell.match(address))) await shell.add(address).catch(() => {});
  }
  if (!(await shell.match("/feed"))) await shell.add("/feed").catch(() => {});
}

async function film(request) {
  const kept = await caches.match(new URL(request.url).pathname, { cacheName: FILMS });
  return kept ? part(request, kept) : fetch(request);
}

/** Players ask for pieces. */
async function part(request, kept) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (!range) return kept;
  const bytes = await kept.arrayBuffer();
  const from = Number(range[1]);
  const to = Math.min(range[2] ? Number(range[2]) : bytes.byteLength - 1, bytes.byteLength - 1);
  if (from > to) return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${bytes.byteLength}` } });
  return new Response(bytes.slice(from, to + 1), {
    status: 206,
    headers: {
      "Content-Type": kept.headers.get("content-type") ?? "video/mp4",
      "Content-Length": String(to + 1 - from),
      "Content-Range": `bytes ${from}-${to}/${bytes.byteLength}`,
      "Accept-Ranges": "bytes",
    },
  });
}

/** Those of the next cards, as far as there is room; all others go. */
async function keepFilms(addresses) {
  const films = await caches.open(FILMS);
  const wanted = addresses.map((address) => new URL(address, self.location.origin).pathname);
  for (const kept of await films.keys()) {
    if (!wanted.includes(new URL(kept.url).pathname)) await films.delete(kept);
  }
  let bytes = 0;
  for (const address of wanted) {
    const known = await films.match(address);
    const response = known ?? (await fetch(address).catch(() => null));
    if (!response?.ok) continue;
    const size = (await response.clone().arrayBuffer()).byteLength;
    if (size > FILM_BYTES_MAX || bytes + size > FILMS_BYTES_MAX) continue;
    bytes += size;
    if (!known) await films.put(address, response);
  }
}

async function forget() {
  await Promise.all([caches.delete(SHELL), caches.delete(FILMS)]);
}
