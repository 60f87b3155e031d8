// Every page, at two sizes and in both schemes: axe finds nothing serious, nothing is wider than a
// phone, and what it looks like is kept.

import { story } from './lib.mjs';

await story(async (site) => {
  await site.signIn();
  const task = site.fixture('task');
  const attempt = site.fixture('attempt');
  const project = await firstProject(site);
  const pages = {
    board: '/',
    task: `/tasks/${task}`,
    compare: `/tasks/${task}/compare`,
    attempt: `/attempts/${attempt}`,
    diff: `/attempts/${attempt}/diff`,
    'diff-split': `/attempts/${attempt}/diff?view=split`,
    evidence: `/attempts/${attempt}/evidence`,
    feed: '/feed',
    projects: '/projects',
    project: `/projects/${project}`,
    secrets: '/secrets',
    numbers: '/numbers',
    access: '/access',
    enter: '/enter',
  };
  for (const size of ['desktop', 'phone', 'narrow']) {
    for (const dark of [false, true]) {
      if (size === 'narrow' && dark) continue;
      const window = await site.open(size, { dark, still: true });
      for (const [name, address] of Object.entries(pages)) {
        await window.visit(address);
        if (size !== 'narrow') await window.keep(name, name !== 'feed');
        await window.isAccessible();
      }
      site.expect(/404/);
      await window.visit('/nowhere', 404);
      await window.isAccessible();
      await window.close();
    }
  }
});

async function firstProject(site) {
  const window = await site.open('desktop');
  const { items } = await window.api('/projects');
  await window.close();
  return items[0].id;
}
