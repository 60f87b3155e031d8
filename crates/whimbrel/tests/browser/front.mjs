// The first page, before anything was delegated, at every size and in both schemes.

import { story } from './lib.mjs';

await story(async (site) => {
  await site.signIn();
  for (const size of ['desktop', 'phone', 'wide', 'narrow']) {
    for (const dark of [false, true]) {
      const window = await site.open(size, { dark });
      await window.visit('/');
      await window.isAccessible();
      await window.keep('board-empty');
      await window.close();
    }
  }
});
