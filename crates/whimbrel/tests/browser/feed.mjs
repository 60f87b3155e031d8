// The feed, swiped through with a finger: approve, reject with a reason, undo, hold for feedback;
// without a network, and with one again. The fixtures name an attempt for each.

import { insist, story, until } from './lib.mjs';

/** From a decision until it is carried out: the time to undo it, and the merge. */
const DECIDED_MAX = 30_000;

await story(async (site) => {
  await site.signIn();
  const window = await site.open('phone', { dark: true });
  await window.visit('/feed');
  await window.page.locator('.feed.is-alive').waitFor();
  await window.isAccessible();
  await window.keep('feed', false);
  await isInstallable(window);
  await hostileIsText(window, site.fixture('hostile'));
  await movesOn(window);
  await approves(window, site.fixture('approved'));
  await takesBack(window, site.fixture('undone'));
  await rejects(window, site.fixture('rejected'));
  await holds(window, site.fixture('held'));
  await isOffline(site, window, site.fixture('offline'));
  await filmEnds(window, site.fixture('undone'));
  return {};
});

function card(window, attempt) {
  return window.page.locator(`.feed-item[data-attempt="${attempt}"]`);
}

async function verdicts(window, attempt) {
  return (await window.api(`/verdicts?attempt=${attempt}`)).items;
}

/** The note that a decision can be undone in. */
function toast(window) {
  return window.page.locator('#feed-toast');
}

/** Brings the card to where it is after a movement up or down, and waits until it rests there. */
async function comesTo(window, attempt) {
  const one = card(window, attempt);
  await until(`the card ${attempt}`, () => one.evaluate(async (item) => {
    const list = item.parentElement;
    const above = () => Math.round(item.getBoundingClientRect().top - list.getBoundingClientRect().top);
    if (above() !== 0) list.scrollTo({ top: list.scrollTop + above(), behavior: 'instant' });
    await new Promise((done) => setTimeout(done, 100));
    return Math.abs(above()) <= 1;
  }));
  return one;
}

async function isInstallable(window) {
  const { page } = window;
  const address = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = await (await window.context.request.get(address)).json();
  insist(manifest.display === 'standalone' && manifest.start_url === '/feed', JSON.stringify(manifest));
  for (const icon of manifest.icons) {
    const response = await window.context.request.get(icon.src);
    insist(response.ok(), `no icon ${icon.src}`);
  }
  await until('the service worker', () => page.evaluate(async () => {
    const registered = await navigator.serviceWorker.getRegistration('/feed');
    return registered?.active?.state === 'activated';
  }));
}

/** What an agent wrote is text, whatever it looks like; nothing of it runs. */
async function hostileIsText(window, attempt) {
  const one = await comesTo(window, attempt);
  const title = await one.locator('.feed-title').innerText();
  insist(title.includes('<img src=x onerror='), `its title is ${title}`);
  insist(await one.locator('.feed-title img').count() === 0, 'markup of an agent became an element');
  insist(await one.locator('.feed-title mark.odd').count() > 0, 'a character that deceives is not marked');
  await window.keep('feed-hostile', false);
}

/** Up with the finger: the next card. */
async function movesOn(window) {
  const { page } = window;
  await page.locator('#feed-list').evaluate((list) => list.scrollTo({ top: 0, behavior: 'instant' }));
  await window.swipe(0, -0.5);
  await until('the second card', () => page.locator('#feed-list').evaluate((list) => list.scrollTop >= list.clientHeight * 0.9));
}

async function approves(window, attempt) {
  const one = await comesTo(window, attempt);
  // Half of the way, and it says what letting go will do.
  const lift = await window.swipe(0.5, 0, { hold: true });
  await until('what will happen', () => one.locator('.feed-card').evaluate((it) => it.dataset.armed === 'approve'));
  await window.keep('feed-swiping', false);
  await lift();
  await until('the note', () => toast(window).isVisible());
  await window.keep('feed-approved', false);
  await until('its merge', async () => (await verdicts(window, attempt))[0]?.state.is === 'carried_out', DECIDED_MAX);
}

async function takesBack(window, attempt) {
  const one = await comesTo(window, attempt);
  await window.swipe(0.6, 0);
  await until('the note', () => toast(window).isVisible());
  // At once: where the decision isn't there yet, it finds itself taken back.
  await window.press(window.page.locator('#feed-undo'));
  await until('the card again', () => one.isVisible());
  await until('its end', async () => (await verdicts(window, attempt))[0]?.state.is === 'withdrawn');
}

async function rejects(window, attempt) {
  const one = await comesTo(window, attempt);
  await window.swipe(-0.6, 0);
  const reason = one.getByRole('button', { name: /more than it should|too (big|much)/i });
  await reason.waitFor();
  await window.isAccessible();
  await window.keep('feed-reasons', false);
  await window.press(reason);
  await until('its end', async () => (await verdicts(window, attempt))[0]?.state.is === 'carried_out', DECIDED_MAX);
  const [verdict] = await verdicts(window, attempt);
  insist(verdict.said.kind === 'reject' && verdict.said.reason === 'too_big', JSON.stringify(verdict.said));
}

async function holds(window, attempt) {
  const one = await comesTo(window, attempt);
  const { width, height } = window.page.viewportSize();
  const middle = { x: width / 2, y: height * 0.4 };
  const lift = await window.finger(middle, middle, { hold: true, steps: 1 });
  const text = one.locator('textarea');
  await text.waitFor();
  await window.keep('feed-feedback', false);
  // At once: the click that the browser makes of the held finger is swallowed, the next one isn't.
  await lift();
  await text.fill('Also cover zero.');
  await window.press(one.getByRole('button', { name: 'Send' }));
  // It comes back as a card of the attempt that followed, which says what changed.
  const followed = attempt.replace(/\d+$/, (number) => Number(number) + 1);
  await until('the card of the follow-up', async () => {
    await window.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    return card(window, followed).count();
  }, 60_000);
  const again = await comesTo(window, followed);
  insist((await again.innerText()).includes('Also cover zero.'), 'it does not say what was asked for');
  await window.keep('feed-followed', false);
}

/** Decided without a network, it is sent once there is one, and once. */
async function isOffline(site, window, attempt) {
  site.expect(/ERR_INTERNET_DISCONNECTED|Failed to (load|fetch)/);
  await comesTo(window, attempt);
  await window.context.setOffline(true);
  await window.swipe(0.6, 0);
  await until('that it is kept', () => window.page.locator('#feed-offline').isVisible());
  await window.press(window.page.locator('#feed-undo'));
  await until('the card again', () => card(window, attempt).isVisible());
  await comesTo(window, attempt);
  await window.swipe(0.6, 0);
  await until('that it went', async () => !(await card(window, attempt).isVisible()));
  await window.keep('feed-offline', false);
  // Also when the page is loaded again, from what the service worker kept.
  await window.page.reload();
  await until('the page without a network', () => window.page.locator('#feed-list').isVisible());
  insist(await card(window, attempt).isVisible() === false, 'what was decided is asked again');
  await window.context.setOffline(false);
  await until('its merge', async () => (await verdicts(window, attempt))[0]?.state.is === 'carried_out', 30_000);
  await window.page.reload();
  const given = (await verdicts(window, attempt)).map(({ state }) => state.is).sort();
  insist(given.join() === 'carried_out,withdrawn', `the verdicts are ${given}`);
}

/** The film of a change plays in this browser, to its end. */
async function filmEnds(window, attempt) {
  const address = `/films/${attempt}.mp4`;
  const film = await window.context.request.get(address);
  const { length } = await film.body();
  insist(film.ok() && length > 0 && length <= 3 * 1024 * 1024, `${film.status()}, ${length} bytes`);
  await window.visit('/feed');
  const played = await window.page.evaluate(async (src) => {
    const video = Object.assign(document.createElement('video'), { src, muted: true });
    document.body.append(video);
    const ended = new Promise((done, fail) => {
      video.onended = () => done({ seconds: video.duration, width: video.videoWidth, height: video.videoHeight });
      video.onerror = () => fail(new Error(video.error.message));
    });
    await video.play();
    return ended;
  }, address);
  insist(played.width === 720 && played.height === 1280, JSON.stringify(played));
  insist(played.seconds >= 8 && played.seconds <= 20.5, JSON.stringify(played));
}
