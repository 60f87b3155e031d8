// A finger, a pen or a mouse on a card: sideways decides, held still gives feedback, a tap opens the
// details. Up and down stay the browser's own.

const SLOP_PX = 10;
const HOLD_MS = 500;
const CLICK_MS = 350;
/** Of the card's width. */
const FAR = 0.32;
/** How far ahead of the finger a quick movement counts. */
const AHEAD_MS = 130;
const RECENT_MS = 90;
const TURN_MAX_DEG = 9;
const OWN = "button, a, input, textarea, select, summary, label, .feed-sheet-in, video[controls]";
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function watch(item, does) {
  const card = item.querySelector(".feed-card");
  let touch = null;
  let tapped = false;

  const end = () => {
    if (!touch) return;
    clearTimeout(touch.hold);
    card.classList.remove("is-moving", "is-pressed");
    touch = null;
  };

  card.addEventListener("pointerdown", (event) => {
    tapped = false;
    // A second finger: this is no swipe.
    if (touch && !event.isPrimary) {
      end();
      back(card);
      return;
    }
    if (touch || event.button !== 0 || !event.isPrimary) return;
    if (event.target.closest(OWN) || item.querySelector("details.feed-sheet[open]")) return;
    touch = { id: event.pointerId, x: event.clientX, y: event.clientY, is: "still", trail: [[event.timeStamp, 0]], armed: null };
    touch.hold = setTimeout(() => {
      if (touch?.is !== "still") return;
      touch.is = "held";
      navigator.vibrate?.(15);
      end();
      document.addEventListener("pointerup", swallow, { once: true, capture: true });
      // Where the browser took the finger for its own there was no end: the next one is another's.
      document.addEventListener("pointerdown", spare, { once: true, capture: true });
      does.hold();
    }, HOLD_MS);
    card.classList.add("is-pressed");
  });

  card.addEventListener("pointermove", (event) => {
    if (touch?.id !== event.pointerId) return;
    const [dx, dy] = [event.clientX - touch.x, event.clientY - touch.y];
    if (touch.is === "still") {
      if (Math.hypot(dx, dy) < SLOP_PX) return;
      clearTimeout(touch.hold);
      card.classList.remove("is-pressed");
      if (Math.abs(dx) < Math.abs(dy) * 1.2) return end();
      touch.is = "swiped";
      card.setPointerCapture(event.pointerId);
      card.classList.add("is-moving");
    }
    touch.trail.push([event.timeStamp, dx]);
    touch.trail = touch.trail.filter(([at]) => event.timeStamp - at <= RECENT_MS);
    follow(card, dx);
    const armed = aim(card, touch.trail, dx);
    if (armed !== touch.armed) {
      touch.armed = armed;
      if (armed) navigator.vibrate?.(8);
      card.dataset.armed = armed ?? "";
    }
  });

  card.addEventListener("pointerup", (event) => {
    if (touch?.id !== event.pointerId) return;
    const { is } = touch;
    // A finger that rested before it was lifted isn't quick any more.
    const trail = touch.trail.filter(([at]) => event.timeStamp - at <= RECENT_MS);
    const dx = event.clientX - touch.x;
    const armed = is === "swiped" ? aim(card, [...trail, [event.timeStamp, dx]], dx) : null;
    end();
    tapped = is === "still";
    if (is !== "swiped") return;
    if (armed === "approve") {
      does.approve();
    } else {
      back(card);
      if (armed === "reject") does.reject();
    }
  });

  // With the click and not before it, or it would land on the sheet that has come up meanwhile.
  card.addEventListener("click", () => {
    if (tapped) does.tap();
    tapped = false;
  });

  card.addEventListener("pointercancel", (event) => {
    if (touch?.id !== event.pointerId) return;
    end();
    back(card);
  });
  card.addEventListener("contextmenu", (event) => {
    if (event.target.closest(OWN) === null && event.pointerType !== "mouse") event.preventDefault();
  });
}

const spare = () => document.removeEventListener("pointerup", swallow, { capture: true });

/** The click that a browser makes of a finger that was held is none. The next finger's is one. */
function swallow() {
  const over = () => {
    document.removeEventListener("click", stop, { capture: true });
    document.removeEventListener("pointerdown", over, { capture: true });
  };
  const stop = (event) => {
    event.preventDefault();
    event.stopPropagation();
    over();
  };
  document.addEventListener("click", stop, { capture: true });
  document.addEventListener("pointerdown", over, { capture: true });
  setTimeout(over, CLICK_MS);
}

function aim(card, trail, dx) {
  const [at, from] = trail[0];
  const [now, to] = trail[trail.length - 1];
  const speed = now > at ? (to - from) / (now - at) : 0;
  const reaches = dx + speed * AHEAD_MS;
  // A movement back says no, however far the card is.
  const same = Math.sign(reaches) === Math.sign(dx);
  if (!same || Math.abs(reaches) < card.clientWidth * FAR || Math.abs(dx) < SLOP_PX * 3) return null;
  return dx > 0 ? "approve" : "reject";
}

function follow(card, dx) {
  const part = Math.max(-1, Math.min(1, dx / (card.clientWidth * FAR)));
  const turn = calm.matches ? 0 : part * TURN_MAX_DEG * 0.6;
  card.style.transform = `translate3d(${dx}px, 0, 0) rotate(${turn}deg)`;
  card.style.setProperty("--approve", Math.max(0, part).toFixed(3));
  card.style.setProperty("--reject", Math.max(0, -part).toFixed(3));
}

export function back(card) {
  card.style.transform = "";
  card.dataset.armed = "";
  card.style.setProperty("--approve", 0);
  card.style.setProperty("--reject", 0);
}

/** Lets the card leave to that side, and gives when it has. */
export async function leave(card, side) {
  if (!calm.matches) {
    const way = side === "right" ? 1 : side === "left" ? -1 : 0;
    const to = way
      ? { transform: `translate3d(${way * 130}%, 4%, 0) rotate(${way * 14}deg)`, opacity: 0.4 }
      : { transform: "scale(0.94)", opacity: 0 };
    const from = { transform: card.style.transform || "none", opacity: 1 };
    const flight = card.animate([from, to], { duration: 260, easing: "cubic-bezier(0.3, 0.1, 0.6, 1)" });
    // Where it isn't drawn, it is over at once.
    await flight.finished.catch(() => {});
  }
  back(card);
}

/** The card that is next comes up. */
export function enter(card) {
  if (calm.matches) return;
  card.animate([{ transform: "scale(0.95)", opacity: 0.3 }, { transform: "none", opacity: 1 }], { duration: 220, easing: "cubic-bezier(0.2, 0.8, 0.3, 1)" });
}
