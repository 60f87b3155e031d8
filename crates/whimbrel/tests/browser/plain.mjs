// All of it with scripts switched off: pages are whole, and their forms do what they say.

import { insist, story, until } from './lib.mjs';

await story(async (site) => {
  const window = await site.open('desktop', { scripts: false });
  await entered(site, window);
  const task = await delegated(window, site.fixture('repository'));
  await steered(window, task);
  const attempt = await offered(window, task);
  await commented(window, attempt);
  await secret(window);
  await chosen(window);
  await approved(window, task);
  return { task };
});

/** Without a script nothing takes the code from the link: it is typed. */
async function entered(site, { page }) {
  await page.goto(site.link);
  await page.getByLabel('Link or code').fill(site.link);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('/');
}

async function delegated(window, repository) {
  const { page } = window;
  await page.getByLabel('What is to be done').fill('double is wrong');
  await page.getByLabel('Repository', { exact: true }).fill(repository);
  await page.getByRole('button', { name: 'Delegate' }).click();
  await page.waitForURL(/\/tasks\/[a-z0-9]+$/);
  return page.url().split('/').pop();
}

/** It asks for a line of words before it goes on. */
async function steered(window, task) {
  const { page } = window;
  await until('an agent at work', async () => {
    await window.visit(`/attempts/${task}.1`);
    return page.locator('#steer-text').isVisible();
  });
  await page.locator('#steer-text').fill('Keep it short.');
  await window.sends(page.locator('form.steer button'));
  await window.visit(`/attempts/${task}.1`);
  await window.shows('Keep it short.');
}

async function offered(window, task) {
  const { page } = window;
  await until('the decision', async () => {
    await window.visit(`/tasks/${task}`);
    return page.getByRole('button', { name: 'Approve and merge' }).isVisible();
  }, 60_000);
  return `${task}.1`;
}

/** The line's number is a link to the same page with a form at the line. */
async function commented(window, attempt) {
  const { page } = window;
  await window.visit(`/attempts/${attempt}/diff`);
  await window.sends(page.locator('tr.add').filter({ hasText: 'return x * 2' }).locator('td.n a').last());
  await page.getByLabel('Comment on this line').fill('A comment that stays.');
  await window.sends(page.getByRole('button', { name: 'Comment', exact: true }));
  await window.shows('A comment that stays.');
  await window.sends(page.getByRole('button', { name: 'Remove' }));
  insist(await page.getByText('A comment that stays.').count() === 0, 'it is still there');
}

async function secret(window) {
  const { page } = window;
  await window.visit('/secrets');
  const form = page.locator('form[action="/secrets"]').first();
  await form.locator('input[name=name]').fill('INDEX_TOKEN');
  await form.locator('input[name=value]').fill('a-value-nobody-sees');
  await window.sends(form.locator('button[type=submit]').first());
  await window.shows('INDEX_TOKEN');
  insist(!(await page.content()).includes('a-value-nobody-sees'), 'the secret is shown');
}

async function chosen(window) {
  const { page } = window;
  await window.visit('/projects');
  await window.sends(page.getByRole('link', { name: /double/ }).first());
  const offer = page.locator('input[name=approval]').last();
  await offer.check();
  await window.sends(page.locator('form[action$="/settings"] button'));
  insist(await page.locator('input[name=approval]').last().isChecked(), 'it is not kept');
  await page.locator('input[name=approval]').first().check();
  await window.sends(page.locator('form[action$="/settings"] button'));
}

async function approved(window, task) {
  const { page } = window;
  await window.visit(`/tasks/${task}`);
  await window.sends(page.getByRole('button', { name: 'Approve and merge' }));
  await until('the merge', async () => {
    await window.visit(`/tasks/${task}`);
    return page.getByText(/merged as/i).first().isVisible();
  });
}
