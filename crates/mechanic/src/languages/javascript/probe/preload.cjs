'use strict';
// Loaded by every node process of the test command before its program. It gives the woven sources
// the counter they call, and has the tests of this process run by the lane instead of the runner.

const path = require('node:path');
const fs = require('node:fs');

const env = process.env;
const mode = env.WHIMBREL_PROBE;
const role = env.WHIMBREL_ROLE;
const ROOT = env.WHIMBREL_ROOT;
const OUT = env.WHIMBREL_OUT;

class OutOfSteps extends Error {}

// The counters that were passed since somebody looked, as marks and as a list.
const COUNTERS_MAX = 1 << 22;
let marks = new Uint8Array(1 << 12);
let hits = [];

/** Called by every woven statement. */
function probe(counter) {
  if (marks[counter] !== 1) note(counter);
  if (++probe.steps > probe.budget) {
    probe.exhausted = true;
    throw new OutOfSteps('too many steps');
  }
}

function note(counter) {
  if (counter >= COUNTERS_MAX) return;
  if (counter >= marks.length) {
    const more = new Uint8Array(2 * counter);
    more.set(marks);
    marks = more;
  }
  marks[counter] = 1;
  hits.push(counter);
}

probe.at = -1;
probe.body = '';
probe.steps = 0;
probe.budget = Infinity;
probe.exhausted = false;
probe.take = () => {
  const taken = hits;
  for (const counter of taken) marks[counter] = 0;
  hits = [];
  return taken;
};
globalThis.__whimbrel = probe;

if (role === 'tested') {
  // A process that a test started: what it runs belongs to that test.
  if (mode === 'record') {
    process.on('exit', () => {
      try {
        fs.appendFileSync(env.WHIMBREL_CHILDREN, JSON.stringify(probe.take()) + '\n');
      } catch {
        // The tests go on without being watched.
      }
    });
  }
} else if (role === undefined && mode) {
  takeOver();
}

function takeOver() {
  const runner = runnerOf(process.argv[1]);
  if (runner === null) return;
  const { spawnSync } = require('node:child_process');
  const flags = process.execArgv.filter((flag) => !flag.startsWith('--test'));
  const command = JSON.stringify([...flags, '--', ...process.argv.slice(1)]);
  const program = mode === 'record' ? 'lane.cjs' : 'server.cjs';
  // Another process of the same command is the one that was watched running tests.
  if (mode !== 'record' && (command !== env.WHIMBREL_SERVES || !isFirst())) process.exit(0);
  const told = { ...env, WHIMBREL_ROLE: mode === 'record' ? 'lane' : 'server',
    WHIMBREL_RUNNER: runner, WHIMBREL_FLAGS: JSON.stringify(flags), WHIMBREL_PROCESS: command };
  // A server loads nothing of the project; a transpiler's start takes longer than all it does.
  const own = mode === 'record' ? flags : [];
  const args = [...own, path.join(__dirname, program), ...process.argv.slice(1)];
  const ran = spawnSync(process.execPath, args, { stdio: 'inherit', env: told });
  process.exit(ran.status ?? 1);
}

/** One server is enough for all processes of the command. */
function isFirst() {
  try {
    fs.closeSync(fs.openSync(path.join(OUT, 'server.lock'), 'wx'));
    return true;
  } catch {
    return false;
  }
}

/** By which runner this process would run tests, if it would. */
function runnerOf(main) {
  if (!main) return null;
  let file = path.resolve(main);
  try {
    file = fs.realpathSync(file);
  } catch {
    // `node --test` and others may say it without its ending.
  }
  if (/[\\/]mocha[\\/]bin[\\/]_?mocha(\.c?js)?$/.test(file)) return 'mocha';
  const inside = path.relative(ROOT, file);
  if (inside.startsWith('..') || inside.split(path.sep).includes('node_modules')) return null;
  if (env.NODE_TEST_CONTEXT) return 'node';
  // `node --test` itself only starts others; what it is given needn't be a file.
  if (process.execArgv.some((flag) => flag === '--test')) return null;
  const named = /(^|[\\/])(test|tests|__tests__)[\\/]|[._-](test|spec)\.[cm]?[jt]sx?$|(^|[\\/])test([._-][^\\/]*)?\.[cm]?[jt]sx?$/;
  return named.test(inside) ? 'node' : null;
}
