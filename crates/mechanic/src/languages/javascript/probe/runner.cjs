'use strict';
// A runner of our own with the interfaces of node:test and mocha. Tests are collected once and run
// as often as is wanted, one after the other, in one process.

// Tests may put others in their place.
const { setTimeout, clearTimeout, performance } = globalThis;

const NONE = Symbol('none');

class Suite {
  constructor(name, parent, options = {}) {
    this.name = name;
    this.parent = parent;
    this.items = [];
    this.hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
    this.skip = Boolean(options.skip) || Boolean(parent && parent.skip);
    this.todo = Boolean(options.todo) || Boolean(parent && parent.todo);
    this.only = Boolean(options.only) || Boolean(parent && parent.only);
    this.timeout = options.timeout;
  }
}

class Collection {
  constructor() {
    this.root = new Suite('', null);
    this.suite = this.root;
    this.file = '';
    this.tests = [];
    this.names = new Map();
    this.pending = [];
    this.hasOnly = false;
  }

  /** Everything that is registered from now on is of this file. */
  enter(file) {
    this.file = file;
    this.suite = new Suite('', this.root);
    this.suite.isFile = true;
  }

  addTest(name, options, fn) {
    const suite = this.suite;
    const names = [];
    for (let at = suite; at && !at.isFile && at.parent; at = at.parent) names.unshift(at.name);
    const base = [this.file, ...names, name].join(' > ');
    const seen = (this.names.get(base) || 0) + 1;
    this.names.set(base, seen);
    const test = {
      id: seen > 1 ? `${base} (${seen})` : base,
      name,
      file: this.file,
      suite,
      fn,
      skip: Boolean(options.skip) || suite.skip || typeof fn !== 'function',
      todo: Boolean(options.todo) || suite.todo,
      timeout: options.timeout,
    };
    if (options.only || suite.only) {
      test.only = true;
      this.hasOnly = true;
    }
    this.tests.push(test);
    return test;
  }

  addSuite(name, options, fn) {
    const outer = this.suite;
    this.suite = new Suite(name, outer, options);
    try {
      const context = mochaContext({});
      const result = typeof fn === 'function' ? fn.call(context, context) : undefined;
      if (result && typeof result.then === 'function') {
        const inner = this.suite;
        this.pending.push(result.then(() => inner));
      }
    } finally {
      this.suite = outer;
    }
  }
}

/** What both interfaces let callers leave out. */
function sorted(args) {
  let name = '';
  let options = {};
  let fn;
  for (const arg of args) {
    if (typeof arg === 'string') name = arg;
    else if (typeof arg === 'function') fn = arg;
    else if (arg && typeof arg === 'object') options = arg;
  }
  return { name: name || (fn && fn.name) || '<anonymous>', options, fn };
}

function nodeInterface(collection, real) {
  const register = (more) => (...args) => {
    const { name, options, fn } = sorted(args);
    collection.addTest(name, { ...options, ...more }, fn);
    return Promise.resolve();
  };
  const group = (more) => (...args) => {
    const { name, options, fn } = sorted(args);
    collection.addSuite(name, { ...options, ...more }, fn);
    return Promise.resolve();
  };
  const variants = (make) => Object.assign(make({}), {
    skip: make({ skip: true }), todo: make({ todo: true }), only: make({ only: true }),
  });
  const hook = (kind) => (fn, options) => {
    collection.suite.hooks[kind].push({ fn, timeout: options && options.timeout });
  };
  const test = variants(register);
  const describe = variants(group);
  return Object.assign(test, {
    test, it: variants(register), describe, suite: describe,
    before: hook('before'), after: hook('after'),
    beforeEach: hook('beforeEach'), afterEach: hook('afterEach'),
    mock: real.mock, run: real.run,
  });
}

function mochaInterface(collection) {
  const it = (...args) => collection.addTest(...ordered(args, {}));
  it.skip = (...args) => collection.addTest(...ordered(args, { skip: true }));
  it.only = (...args) => collection.addTest(...ordered(args, { only: true }));
  const describe = (name, fn) => collection.addSuite(name, {}, fn);
  describe.skip = (name, fn) => collection.addSuite(name, { skip: true }, fn);
  describe.only = (name, fn) => collection.addSuite(name, { only: true }, fn);
  const hook = (kind) => (...args) => {
    const fn = args.find((arg) => typeof arg === 'function');
    collection.suite.hooks[kind].push({ fn });
  };
  const [before, after] = [hook('before'), hook('after')];
  const [beforeEach, afterEach] = [hook('beforeEach'), hook('afterEach')];
  return {
    it, test: it, specify: it, xit: it.skip, xspecify: it.skip,
    describe, context: describe, suite: describe, xdescribe: describe.skip, xcontext: describe.skip,
    before, after, beforeEach, afterEach,
    suiteSetup: before, suiteTeardown: after, setup: beforeEach, teardown: afterEach,
  };
}

function ordered(args, options) {
  const { name, fn } = sorted(args);
  return [name, options, fn];
}

class Skipped extends Error {}

function mochaContext(extra) {
  const context = {
    timeout() { return context; },
    slow() { return context; },
    retries() { return context; },
    skip() { throw new Skipped(); },
    ...extra,
  };
  return context;
}

/** Runs collected tests; one at a time. */
class Runner {
  constructor(collection, options) {
    this.collection = collection;
    this.options = options;
    this.stray = null;
    this.fail = (error) => {
      if (this.stray) this.stray(error);
    };
    process.on('uncaughtException', this.fail);
    process.on('unhandledRejection', this.fail);
  }

  /** Runs `tests` in their order and tells of each; stops where `on` says false. */
  async run(tests, on) {
    const open = [];
    for (const test of tests) {
      test.skipped = false;
      if (!isWanted(test, this.collection)) {
        if (!on(test, { outcome: 'skipped', seconds: 0, error: '' })) break;
        continue;
      }
      const result = await this.one(test, open);
      if (!on(test, result)) break;
    }
    await this.close(open, []);
  }

  async one(test, open) {
    const began = performance.now();
    const context = this.context(test);
    let failure = NONE;
    const attempt = async (fn) => {
      try {
        await fn();
      } catch (error) {
        if (failure === NONE) failure = error;
      }
    };
    const suites = lineage(test.suite);
    await attempt(() => this.enter(suites, open, context));
    if (failure === NONE) {
      await attempt(async () => {
        for (const suite of suites) await this.hooks(suite.hooks.beforeEach, context);
        await this.call(test.fn, context, test.timeout);
        await context.settle();
      });
      for (const suite of [...suites].reverse()) {
        await attempt(() => this.hooks(suite.hooks.afterEach, context));
      }
      await attempt(() => this.hooks(context.afters, context));
    }
    context.forget();
    const seconds = (performance.now() - began) / 1000;
    return verdict(test, failure, seconds, this.options.tells);
  }

  /** Opens the suites that the test is in and closes those that it is not. */
  async enter(suites, open, context) {
    await this.close(open, suites);
    for (const suite of suites) {
      if (open.includes(suite)) continue;
      open.push(suite);
      await this.hooks(suite.hooks.before, context);
    }
  }

  async close(open, wanted) {
    while (open.length > 0 && !wanted.includes(open[open.length - 1])) {
      const suite = open.pop();
      try {
        await this.hooks(suite.hooks.after, this.context(null));
      } catch {
        // What cleans up after the tests is none of them.
      }
    }
  }

  async hooks(hooks, context) {
    for (const { fn, timeout } of hooks) await this.call(fn, context, timeout);
  }

  /** Calls a test or a hook, whichever way it tells of its end. */
  call(fn, context, timeout) {
    return new Promise((resolve, reject) => {
      const limit = Math.min(timeout > 0 ? timeout : Infinity, this.options.milliseconds);
      const timer = setTimeout(() => settle(new TimedOut(limit)), limit);
      const settle = (error) => {
        clearTimeout(timer);
        this.stray = null;
        if (error === undefined || error === null) resolve();
        else reject(error);
      };
      this.stray = (error) => settle(error ?? new Error('thrown outside of the test'));
      const self = this.options.runner === 'mocha' ? context.mocha : context;
      const takes = this.options.runner === 'mocha' ? 1 : 2;
      const args = this.options.runner === 'mocha' ? [] : [context];
      let result;
      try {
        if (fn.length >= takes) {
          fn.call(self, ...args, settle);
          return;
        }
        result = fn.call(self, ...args);
      } catch (error) {
        settle(error ?? new Error('something empty was thrown'));
        return;
      }
      if (result && typeof result.then === 'function') {
        result.then(() => settle(), (error) => settle(error ?? new Error('rejected')));
      } else {
        settle();
      }
    });
  }

  /** What node:test hands to a test. */
  context(test) {
    const { real } = this.options;
    const started = [];
    const afters = [];
    let failed = NONE;
    const Tracker = real.mock.constructor;
    let mock;
    let abort;
    const sub = (...args) => {
      const { options, fn } = sorted(args);
      if (options.skip || options.todo || !fn) return Promise.resolve();
      const inner = this.context(test);
      const run = started.reduce((last, next) => last.then(() => next), Promise.resolve())
        .then(() => this.call(fn, inner, options.timeout)).then(() => inner.settle())
        .catch((error) => {
          if (failed === NONE) failed = error;
        });
      started.push(run);
      return run;
    };
    const context = {
      name: test ? test.name : '',
      fullName: test ? test.id : '',
      filePath: test ? test.file : '',
      get signal() { return (abort ??= new AbortController()).signal; },
      get mock() { return (mock ??= new Tracker()); },
      test: Object.assign(sub, { skip: () => Promise.resolve(), todo: () => Promise.resolve() }),
      assert: require('node:assert'),
      before: (fn) => fn(context),
      after: (fn) => void afters.push({ fn }),
      beforeEach() {},
      afterEach() {},
      diagnostic() {},
      runOnly() {},
      plan() {},
      skip() { if (test) test.skipped = true; },
      todo() { if (test) test.todo = true; },
      afters,
      forget: () => mock?.reset(),
      async settle() {
        for (let at = 0; at < started.length; at++) await started[at];
        if (failed !== NONE) throw failed;
      },
    };
    context.it = context.test;
    context.mocha = mochaContext({});
    return context;
  }
}

class TimedOut extends Error {
  constructor(limit) {
    super(`not over after ${limit} ms`);
  }
}

function isWanted(test, collection) {
  return !test.skip && (!collection.hasOnly || !collection.honoursOnly || test.only);
}

function verdict(test, failure, seconds, tells) {
  if (test.skipped || failure instanceof Skipped) return { outcome: 'skipped', seconds, error: '' };
  if (failure === NONE) return { outcome: 'passed', seconds, error: '' };
  if (test.todo) return { outcome: 'skipped', seconds, error: '' };
  const error = tells ? told(failure) : '';
  return { outcome: 'failed', seconds, error, hung: failure instanceof TimedOut };
}

const ERROR_MAX = 4000;

function told(error) {
  try {
    const stack = error && error.stack ? String(error.stack) : String(error);
    const sides = error && 'expected' in error
      ? `\nactual: ${shown(error.actual)}\nexpected: ${shown(error.expected)}` : '';
    return (stack.slice(0, ERROR_MAX) + sides).slice(0, 2 * ERROR_MAX);
  } catch {
    return 'an error that can not be shown';
  }
}

function shown(value) {
  return require('node:util').inspect(value, { depth: 4, breakLength: Infinity }).slice(0, 1000);
}

/** From the outermost to the innermost. */
function lineage(suite) {
  const all = [];
  for (let at = suite; at; at = at.parent) all.unshift(at);
  return all;
}

module.exports = { Collection, Runner, nodeInterface, mochaInterface, TimedOut, told };
