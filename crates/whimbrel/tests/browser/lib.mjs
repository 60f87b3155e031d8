// What the stories in a real Chromium share: windows of two sizes, signing in, fingers, axe,
// screenshots, and that nothing goes wrong unseen. A story is `story(async site => { … })`.

import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TARGET = fileURLToPath(new URL('../../../../target/', import.meta.url));
const TOOLS = path.join(TARGET, 'browser/');
const SCREENSHOTS = path.join(TARGET, 'screenshots/');
const CHROMIUM = '/usr/bin/chromium';

/** How long a page may take for anything that is waited for, in milliseconds. */
const WAIT_MAX = 30_000;
const POLL = 50;
/** How long a picture may take. */
const PICTURE_MAX = 10_000;
/** How many points a finger touches on its way. */
const SWIPE_STEPS = 12;
const FRAME = 16;

const FLAGS = [
  // As root there is no sandbox to be had, and the only pages are our own.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  wide: { viewport: { width: 1920, height: 1080 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
  narrow: { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
};

const { chromium } = createRequire(TOOLS)('playwright-core');
const axe = readFileSync(path.join(TOOLS, 'node_modules/axe-core/axe.min.js'), 'utf8');

/** Plays a story against the server that the environment names; exits with 1 where it fails. */
export async function story(play) {
  const site = new Site(await chromium.launch({ executablePath: CHROMIUM, args: FLAGS }));
  let code = 0;
  try {
    const result = await play(site);
    site.check();
    console.log(JSON.stringify(result ?? {}));
  } catch (error) {
    code = 1;
    console.log(`${error.stack ?? error}`);
    await site.keepFailure();
  }
  await site.browser.close();
  process.exit(code);
}

/** Fails with these words unless it is so. */
export function insist(isSo, words) {
  if (!isSo) throw new Error(words);
}

/** Waits until `look` gives something true, and gives that. An error in it counts as not yet. */
export async function until(what, look, wait = WAIT_MAX) {
  const end = Date.now() + wait;
  for (let last = ''; ; ) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      last = `; the last look failed: ${error.message}`;
    }
    if (Date.now() > end) throw new Error(`${what} didn't happen within ${wait / 1000} s${last}`);
    await new Promise((done) => setTimeout(done, POLL));
  }
}

class Site {
  constructor(browser) {
    this.browser = browser;
    this.address = process.env.SITE_ADDRESS;
    this.link = process.env.SITE_LINK;
    this.faults = [];
    this.expected = [];
    this.windows = [];
    this.session = undefined;
  }

  /** What the Rust side of the story names, like a task's id. */
  fixture(name) {
    const value = process.env[`FIXTURE_${name.toUpperCase()}`];
    insist(value !== undefined, `no fixture ${name}`);
    return value;
  }

  /** Signs in by the first start's link, once for all windows that are opened from then on. */
  async signIn() {
    const window = await this.open('desktop');
    await window.page.goto(this.link);
    // The link can't sign in by itself: whoever previews links would use it up.
    await window.page.getByRole('button', { name: 'Sign in' }).click();
    await until('signed in', () => new URL(window.page.url()).pathname === '/');
    this.session = await window.context.storageState();
    await window.close();
  }

  /** A window of that size in a profile of its own, which is signed in if the site is. */
  async open(size, { dark = false, scripts = true, still = false } = {}) {
    const context = await this.browser.newContext({
      ...SIZES[size],
      baseURL: this.address,
      colorScheme: dark ? 'dark' : 'light',
      javaScriptEnabled: scripts,
      reducedMotion: still ? 'reduce' : 'no-preference',
      storageState: this.session,
    });
    context.setDefaultTimeout(WAIT_MAX);
    const window = new Window(this, context, await context.newPage(), size + (dark ? '-dark' : ''));
    this.windows.push(window);
    this.watch(context);
    return window;
  }

  watch(context) {
    const fault = (text) => this.faults.push(text);
    context.on('console', (message) => {
      // Chromium tells of refusals by the content security policy, and of what can't be loaded, here.
      const where = message.location().url;
      if (message.type() === 'error') fault(`console: ${message.text()} (${where})`);
    });
    context.on('weberror', (error) => fault(`uncaught: ${error.error().stack}`));
    context.on('request', (request) => {
      const url = new URL(request.url());
      const isOurs = url.origin === this.address || ['data:', 'blob:'].includes(url.protocol);
      if (!isOurs) fault(`a request to somebody else: ${url.href}`);
    });
    context.on('response', (response) => {
      if (response.status() >= 500) fault(`${response.status()} of ${response.url()}`);
    });
  }

  /** Faults that match are part of the story. */
  expect(pattern) {
    this.expected.push(pattern);
  }

  /** Fails where something went wrong that the story doesn't expect. */
  check() {
    const faults = this.faults.filter((text) => !this.expected.some((known) => known.test(text)));
    insist(faults.length === 0, `it went wrong unseen:\n${faults.join('\n')}`);
  }

  /** What every open window shows when a story fails, beside the screenshots. */
  async keepFailure() {
    const name = path.basename(process.argv[1], '.mjs');
    for (const [at, window] of this.windows.entries()) {
      if (window.page.isClosed()) continue;
      console.log(`window ${at} is at ${window.page.url()}`);
      await window.keep(`failed-${name}-${at}`).catch(() => {});
    }
    if (this.faults.length > 0) console.log(`also:\n${this.faults.join('\n')}`);
  }
}

class Window {
  constructor(site, context, page, kind) {
    Object.assign(this, { site, context, page, kind });
  }

  async close() {
    await this.context.close();
  }

  /** Goes there and insists on an answer of that status. */
  async visit(address, status = 200) {
    const response = await this.page.goto(address, { waitUntil: 'load' });
    insist(response.status() === status, `${response.status()} of ${address}`);
    return response;
  }

  /** Waits until the page shows that text. */
  async shows(text, wait = WAIT_MAX) {
    const shown = this.page.getByText(text).filter({ visible: true }).first();
    await shown.waitFor({ timeout: wait }).catch(() => {
      throw new Error(`${this.page.url()} doesn't show ${text} within ${wait / 1000} s`);
    });
  }

  /** A screenshot of the whole page, named after the size and the scheme. */
  async keep(name, whole = true) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const file = path.join(SCREENSHOTS, `${name}-${this.kind}.png`);
    const options = { path: file, fullPage: whole, timeout: PICTURE_MAX };
    // On a machine that is busy there may be none, which says nothing about the page.
    await this.page.screenshot(options).catch((error) => console.log(`no picture ${name}: ${error.message}`));
  }

  /** Fails where axe finds something serious, or where the page is wider than its window. */
  async isAccessible() {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run());
    const told = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, impact, nodes }) => {
        const places = nodes.slice(0, 3).map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`);
        return `${impact} ${id}, ${nodes.length} times:\n${places.join('\n')}`;
      });
    const where = `${this.page.url()} (${this.kind})`;
    insist(told.length === 0, `axe on ${where}:\n${told.join('\n')}`);
    const over = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    insist(over <= 0, `${where} is ${over} px wider than its window`);
  }

  /** A finger where there are fingers, a mouse elsewhere. */
  async press(what) {
    if (this.kind.startsWith('phone') || this.kind.startsWith('narrow')) await what.tap();
    else await what.click();
  }

  /** Presses a button that sends a form, and waits for the page that comes. */
  async sends(button) {
    const came = this.page.waitForEvent('framenavigated', (frame) => frame === this.page.mainFrame());
    await this.press(button);
    await came;
    await this.page.waitForLoadState('load');
  }

  /** From now on nothing but its own script may change what the page shows. */
  async mark() {
    await this.page.evaluate(() => { globalThis.isTheSame = true; });
  }

  async isTheSame() {
    const same = await this.page.evaluate(() => globalThis.isTheSame === true);
    insist(same, `${this.page.url()} was loaded again`);
  }

  /** What the API says, in the name of whoever is signed in. */
  async api(path) {
    const response = await this.context.request.get(`/api/v1${path}`);
    insist(response.ok(), `${response.status()} of /api/v1${path}`);
    return response.json();
  }

  /** A finger moves from one point to another. With `hold`, it rests there and isn't lifted: the
   * function that is given back lifts it. */
  async finger(from, to, { hold = false, steps = SWIPE_STEPS } = {}) {
    const protocol = await this.context.newCDPSession(this.page);
    const touch = (type, touchPoints) =>
      protocol.send('Input.dispatchTouchEvent', { type, touchPoints });
    await touch('touchStart', [from]);
    for (let step = 1; step <= steps; step++) {
      const part = step / steps;
      const at = { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
      await touch('touchMove', [at]);
      await new Promise((done) => setTimeout(done, FRAME));
    }
    const lift = async () => {
      await touch('touchEnd', []);
      await protocol.detach();
    };
    if (hold) return lift;
    await lift();
  }

  /** Swipes over the middle of what is shown, by these shares of the window. */
  async swipe(right, down, options) {
    const { width, height } = this.page.viewportSize();
    const from = { x: width * (0.5 - right / 2), y: height * (0.5 - down / 2) };
    const to = { x: width * (0.5 + right / 2), y: height * (0.5 + down / 2) };
    return this.finger(from, to, options);
  }
}
