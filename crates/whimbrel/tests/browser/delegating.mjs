// From a sentence to a merged branch, all of it on the pages: with a mouse, and then with a finger.

import { insist, story, until } from './lib.mjs';

await story(async (site) => {
  await site.signIn();
  const tasks = {};
  for (const size of ['desktop', 'phone']) {
    const window = await site.open(size);
    tasks[size] = await delegated(window, site.fixture(size));
    await watched(window, size);
    await compared(window, size);
    await commented(window, size);
    await approved(window, size);
    await window.close();
  }
  return tasks;
});

async function delegated(window, repository) {
  const { page } = window;
  await window.visit('/');
  await page.getByLabel('What is to be done').fill('double is wrong');
  const other = page.getByText('Another repository');
  if (await other.isVisible()) await window.press(other);
  await page.getByLabel('Repository', { exact: true }).fill(repository);
  await page.getByLabel('Attempts', { exact: true }).selectOption('2');
  await window.press(page.getByRole('button', { name: 'Delegate' }));
  await page.waitForURL(/\/tasks\/[a-z0-9]+$/);
  return page.url().split('/').pop();
}

/** The task's page, from two waiting attempts to the decision, without being loaded again. */
async function watched(window, size) {
  const { page } = window;
  await window.mark();
  await page.getByRole('link', { name: 'Attempt 2', exact: true }).waitFor();
  await window.keep('task-running');
  await page.getByRole('heading', { name: 'Multiply' }).waitFor();
  await page.getByRole('button', { name: 'Approve and merge' }).waitFor();
  await window.isTheSame();
  await window.isAccessible();
  // The steps of one of them: what was run, and what came out.
  const task = page.url();
  await window.press(page.getByRole('link', { name: 'Attempt 1', exact: true }));
  await window.shows(/sed -i/);
  await window.isAccessible();
  await window.keep('attempt');
  await window.visit(task);
}

async function compared(window) {
  const { page } = window;
  await window.press(page.getByRole('link', { name: 'Compare' }));
  await window.shows(/Why attempt \d is first/);
  await window.isAccessible();
  await window.keep('compare');
  await page.goBack();
}

/** A comment on a line becomes feedback, and the feedback an attempt that goes on from there. */
async function commented(window) {
  const { page } = window;
  const task = page.url();
  await window.press(page.getByRole('link', { name: 'Diff' }).first());
  await page.locator('tr.add').filter({ hasText: 'return x * 2' }).waitFor();
  await window.keep('diff');
  await window.isAccessible();
  await comment(window, 'Also cover zero.');
  await window.visit(task);
  await window.mark();
  await page.getByRole('link', { name: 'Attempt 3', exact: true }).waitFor();
  await page.getByRole('heading', { name: 'Cover zero' }).waitFor();
  await window.isTheSame();
}

async function comment(window, words) {
  const { page } = window;
  await window.press(page.locator('tr.add').filter({ hasText: 'return' }).last().locator('td.n a').last());
  await page.getByLabel('Comment on this line').fill(words);
  await window.press(page.getByRole('button', { name: 'Comment', exact: true }));
  await window.shows(words);
  await page.getByRole('button', { name: 'Send 1 comment as feedback' }).waitFor();
  await window.keep('diff-commented');
  await window.sends(page.getByRole('button', { name: 'Send 1 comment as feedback' }));
}

async function approved(window, size) {
  const { page } = window;
  await window.press(page.getByRole('button', { name: 'Approve and merge' }));
  await until('the merge', () => page.getByText(/merged as/i).first().isVisible());
  await window.isAccessible();
  await window.keep('task-merged');
  insist(await page.getByRole('button', { name: 'Approve and merge' }).count() === 0, 'it can be approved again');
}
