// The sheets of a card, and speaking instead of typing.

const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;

export const open = (item) => item.querySelector("details.feed-sheet[open]");

export function show(item, kind) {
  const sheet = item.querySelector(`details.feed-sheet.is-${kind}`);
  if (!sheet) return;
  sheet.open = true;
  const first = kind === "feedback" ? "textarea" : kind === "reject" ? ".feed-reasons button" : "a";
  sheet.querySelector(first)?.focus({ preventScroll: true });
}

export function hide(item) {
  const sheet = open(item);
  if (!sheet) return false;
  sheet.open = false;
  item.querySelector(".feed-card").focus({ preventScroll: true });
  return true;
}

/** Shows the button where the browser can hear. */
export function letSpeak(item) {
  const button = item.querySelector(".feed-speak");
  if (!button || !Recognition || button.dataset.ready) return;
  button.dataset.ready = "yes";
  button.hidden = false;
  const text = button.closest("form").querySelector("textarea");
  let hearing = null;
  button.addEventListener("click", () => {
    if (hearing) {
      hearing.stop();
      return;
    }
    hearing = new Recognition();
    hearing.lang = document.documentElement.lang || "en";
    hearing.interimResults = true;
    hearing.continuous = true;
    const before = text.value ? `${text.value.trimEnd()} ` : "";
    hearing.onresult = (event) => {
      text.value = before + Array.from(event.results, (result) => result[0].transcript).join("");
    };
    hearing.onerror = hearing.onend = () => {
      hearing = null;
      button.setAttribute("aria-pressed", "false");
    };
    button.setAttribute("aria-pressed", "true");
    hearing.start();
  });
}
