// What `import … from 'node:test'` gives a test in the lane.

const ours = globalThis.__whimbrel.nodeTest;

export default ours;
export const { test, it, describe, suite, before, after, beforeEach, afterEach, mock, run } = ours;
