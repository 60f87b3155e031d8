// The board and the feed with nothing but a keyboard.

import { insist, story, until } from './lib.mjs';

await story(async (site) => {
  await site.signIn();
  const window = await site.open('desktop');
  await board(window);
  await feed(window, site.fixture('attempt'));
  return {};
});

/** Where the keyboard is, and whether that can be seen. */
function focused(window) {
  return window.page.evaluate(() => {
    const { activeElement: it } = document;
    const style = getComputedStyle(it);
    const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
    return { id: it.id, words: it.innerText?.trim() ?? '', kind: it.tagName, ring };
  });
}

async function board(window) {
  const { page } = window;
  await window.visit('/');
  await page.keyboard.press('Tab');
  const first = await focused(window);
  insist(/skip/i.test(first.words) && first.ring, `Tab begins at ${JSON.stringify(first)}`);
  await page.keyboard.press('?');
  await until('the keys', () => page.locator('#keys').isVisible());
  await window.isAccessible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  insist((await focused(window)).id === 'delegate-text', 'c does not begin a task');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  const row = await focused(window);
  insist(row.kind === 'A' && row.ring, `j leads to ${JSON.stringify(row)}`);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/tasks\//);
}

async function feed(window, attempt) {
  const { page } = window;
  await window.visit('/feed');
  await page.locator('.feed.is-alive').waitFor();
  await window.keep('feed', false);
  const current = () => page.evaluate(() => document.activeElement.closest('.feed-item')?.dataset.attempt);
  await page.keyboard.press('ArrowDown');
  await until('a card', current);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('?');
  await until('the keys', () => page.locator('#feed-keys').isVisible());
  await page.keyboard.press('Escape');
  const one = page.locator(`.feed-item[data-attempt="${attempt}"]`);
  await one.evaluate((item) => item.scrollIntoView({ behavior: 'instant', block: 'start' }));
  await until('the card', () => one.evaluate((item) => Math.abs(item.getBoundingClientRect().top) < 120));
  await one.locator('.feed-card').focus();
  await page.keyboard.press('Enter');
  await until('the details', () => one.locator('details.is-more[open]').count());
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowLeft');
  await until('the reasons', () => one.locator('details.is-reject[open]').count());
  await page.keyboard.press('Escape');
  await page.keyboard.press('Space');
  await until('the feedback', () => one.locator('details.is-feedback[open]').count());
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowRight');
  await until('the note', () => page.locator('#feed-toast').isVisible());
  await page.keyboard.press('u');
  await until('the card again', () => one.isVisible());
}
