// Films: the one on screen plays, muted and again and again; the others rest. The next ones are fetched
// before they are needed, and no more than that.

const AHEAD_MAX = 2;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const filmOf = (item) => item?.querySelector("video.feed-film") ?? null;

export function prepare(item) {
  const film = filmOf(item);
  if (!film || film.dataset.prepared) return;
  film.dataset.prepared = "yes";
  film.controls = false;
  film.muted = true;
  const button = item.querySelector(".feed-play");
  const show = () => { button.hidden = !film.paused; };
  film.addEventListener("play", show);
  film.addEventListener("pause", show);
  // What can't be shown gives way to the code.
  film.addEventListener("error", () => instead(item), true);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    film.play().catch(show);
  });
}

function instead(item) {
  const code = item.querySelector(".feed-more-code .snippet");
  item.querySelector(".feed-stage").replaceChildren(...(code ? [code.cloneNode(true)] : []));
}

/** Plays `item`'s film where that isn't unwelcome, pauses all others, fetches the next. */
export function on(items, item) {
  const at = items.indexOf(item);
  items.forEach((other, index) => {
    const film = filmOf(other);
    if (!film) return;
    const ahead = index - at;
    film.preload = ahead >= 0 && ahead <= AHEAD_MAX ? "auto" : "none";
    if (other !== item) {
      film.pause();
    } else if (!calm.matches) {
      film.play().catch(() => { other.querySelector(".feed-play").hidden = false; });
    } else {
      other.querySelector(".feed-play").hidden = false;
    }
  });
}

export function pause(item) {
  filmOf(item)?.pause();
}

export function resume(item) {
  if (!calm.matches) filmOf(item)?.play().catch(() => {});
}

/** Of this card and the next, for whoever keeps them for later. */
export function addresses(items, item) {
  const at = Math.max(0, items.indexOf(item));
  return items.slice(at, at + 1 + AHEAD_MAX).flatMap((one) => {
    const film = filmOf(one);
    return film ? [film.dataset.src, film.poster, film.querySelector("track")?.src].filter(Boolean) : [];
  });
}
