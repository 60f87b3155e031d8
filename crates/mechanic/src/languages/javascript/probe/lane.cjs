'use strict';
// A process that loads test files once and runs their tests: all of them, noting what each ran,
// or, told by the server, some of them again and again with another body in one function's place.

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const real = require('node:test');
const { Collection, Runner, TimedOut, nodeInterface, mochaInterface, told } = require('./runner.cjs');

const probe = globalThis.__whimbrel;
const env = process.env;
const { WHIMBREL_ROOT: ROOT, WHIMBREL_OUT: OUT, WHIMBREL_RUNNER: RUNNER } = env;
const LIMIT_MS = Number(env.WHIMBREL_TEST_SECONDS || 10) * 1000;
// A test that goes on longer than this goes on forever.
const STEPS_MAX = 100_000_000;
const children = path.join(OUT, `children-${process.pid}.jsonl`);
const exit = process.exit.bind(process);

const collection = new Collection();
const broken = [];

function relative(file) {
  return path.relative(ROOT, file);
}

/** Makes this process look as if it were the program that was asked for. */
function disguise() {
  process.argv.splice(1, 1);
  env.WHIMBREL_ROLE = 'tested';
  env.WHIMBREL_CHILDREN = children;
  delete env.NODE_TEST_CONTEXT;
  process.exit = (code) => {
    throw new Error(`the program ended itself with ${code}`);
  };
}

/** Whether the file is no module with imports, for which a thread of hooks isn't worth its start. */
function isPlain(file) {
  if (/\.[cm]?tsx?$|\.mjs$/.test(file)) return false;
  try {
    return !/^\s*import\b|\bimport\s*\(/m.test(fs.readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

function installNode(files) {
  const ours = nodeInterface(collection, real);
  probe.nodeTest = ours;
  const load = Module._load;
  Module._load = function (request, ...rest) {
    return request === 'node:test' ? ours : load.call(this, request, ...rest);
  };
  if (!files.every(isPlain)) Module.register(pathToFileURL(path.join(__dirname, 'hooks.mjs')));
}

/** Gives the files that mocha itself would load. */
async function installMocha(main) {
  const root = path.join(path.dirname(fs.realpathSync(main)), '..');
  // Its files were called otherwise, and had no default of their own, before they were modules.
  const inside = async (name) => {
    const found = [`${name}.js`, `${name}.cjs`, `${name}.mjs`].find((file) => fs.existsSync(path.join(root, file)));
    const loaded = await import(pathToFileURL(path.join(root, found ?? name)));
    return loaded.default ?? loaded;
  };
  const ours = mochaInterface(collection);
  Object.assign(globalThis, ours);
  collection.honoursOnly = true;
  const mocha = await inside('index');
  for (const [name, value] of Object.entries(ours)) {
    try {
      mocha[name] = value;
    } catch {
      // A name that mocha keeps for itself.
    }
  }
  const options = (await inside('lib/cli/options')).loadOptions(process.argv.slice(2));
  const rootHooks = collection.root.hooks;
  for (const wanted of [options.require ?? []].flat()) {
    const local = path.resolve(wanted);
    const loaded = await load(fs.existsSync(local) ? local : require.resolve(wanted, { paths: [process.cwd()] }));
    hookIn(rootHooks, loaded && (loaded.mochaHooks ?? (loaded.default && loaded.default.mochaHooks)));
  }
  const list = (value) => [value ?? []].flat();
  const spec = [...list(options._), ...list(options.spec)];
  const collectFiles = await inside('lib/cli/collect-files');
  const found = (collectFiles.collectFiles ?? collectFiles)({
    ignore: list(options.ignore), extension: list(options.extension), file: list(options.file),
    recursive: options.recursive, sort: options.sort, spec: spec.length > 0 ? spec : ['./test'],
  });
  return Array.isArray(found) ? found : found.files;
}

function hookIn(hooks, given) {
  if (!given || typeof given !== 'object') return;
  const kinds = { beforeAll: 'before', afterAll: 'after', beforeEach: 'beforeEach', afterEach: 'afterEach' };
  for (const [theirs, kind] of Object.entries(kinds)) {
    for (const fn of [given[theirs] ?? []].flat()) hooks[kind].push({ fn });
  }
}

async function load(file) {
  try {
    return await import(pathToFileURL(file));
  } catch (error) {
    // Some loaders only know how to be required.
    if (error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION') return require(file);
    throw error;
  }
}

async function collect(files) {
  for (const file of files) {
    const name = relative(path.resolve(file));
    const before = collection.tests.length;
    collection.enter(name);
    let failure = null;
    try {
      await load(path.resolve(file));
      await Promise.all(collection.pending.splice(0));
    } catch (error) {
      failure = { error };
    }
    const none = collection.tests.length === before;
    if (failure || none) broken.push({ file: name, failure });
  }
}

function install(files) {
  if (RUNNER === 'mocha') return installMocha(process.argv[1]);
  installNode(files);
  return files;
}

/** Whether no edit of the program could make the file load. */
function isUnloadable(error) {
  const codes = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNKNOWN_FILE_EXTENSION'];
  return error instanceof SyntaxError || Boolean(error && codes.includes(error.code));
}

// --- noting what each test runs -----------------------------------------------------------------

async function record() {
  disguise();
  const notes = [];
  const note = (one) => fs.appendFileSync(path.join(OUT, `${process.pid}.jsonl`), JSON.stringify(one) + '\n');
  note({ process: env.WHIMBREL_PROCESS });
  let failed = 0;
  await collect(await install([process.argv[1]]));
  const imported = probe.take();
  for (const { file, failure } of broken) {
    if (failure && isUnloadable(failure.error)) {
      note({ uncollected: file, error: told(failure.error) });
    } else {
      note({ test: file, path: file, outcome: failure ? 'failed' : 'passed', seconds: 0, whole: true,
        error: failure ? told(failure.error) : '', hits: imported, spawned: false });
    }
    if (failure) failed += 1;
  }
  note({ imported });
  const runner = new Runner(collection, { runner: RUNNER, real, milliseconds: LIMIT_MS, tells: true });
  const refresh = () => Object.assign(probe, { steps: 0, exhausted: false, budget: STEPS_MAX });
  refresh();
  await runner.run(collection.tests, (test, found) => {
    const result = probe.exhausted ? { ...found, outcome: 'failed', hung: true } : found;
    refresh();
    const spawned = theirHits();
    const hits = [...new Set([...probe.take(), ...(spawned ?? [])])];
    note({ test: test.id, path: test.file, ...result, hits, spawned: spawned !== null });
    if (result.outcome === 'failed') failed += 1;
    console.log(`${result.outcome} ${test.id}${result.error ? `\n${result.error}` : ''}`);
    return true;
  });
  exit(failed > 0 ? 1 : 0);
}

/** Of the processes that the last test started; null if it started none. */
function theirHits() {
  if (!fs.statSync(children, { throwIfNoEntry: false })) return null;
  const lines = fs.readFileSync(children, 'utf8').split('\n').filter(Boolean);
  fs.unlinkSync(children);
  return lines.flatMap((line) => JSON.parse(line));
}

// --- trying ---------------------------------------------------------------------------------------

class Trial {
  constructor(job) {
    this.job = job;
    this.runner = new Runner(collection, { runner: RUNNER, real, milliseconds: LIMIT_MS });
    const byId = new Map(collection.tests.map((test) => [test.id, test]));
    this.wanted = job.tests.map((id) => byId.get(id)).filter(Boolean);
    this.place = new Map(job.tests.map((id, index) => [id, index]));
  }

  /** Tests that are there by their file having been loaded at all. */
  whole() {
    const good = broken.filter(({ failure }) => !failure).map(({ file }) => file);
    return good.filter((file) => this.place.has(file)).map((file) => this.place.get(file));
  }

  async run({ at, body, steps: budget, milliseconds }) {
    this.runner.options.milliseconds = milliseconds;
    Object.assign(probe, { at, body, steps: 0, exhausted: false, budget });
    const passed = this.whole();
    let late = false;
    await this.runner.run(this.wanted, (test, result) => {
      late = late || Boolean(result.hung);
      if (result.outcome === 'passed' && !probe.exhausted) passed.push(this.place.get(test.id));
      return !late && !probe.exhausted && (result.outcome === 'passed' || !this.job.stop);
    });
    const steps = probe.steps;
    const { exhausted } = probe;
    Object.assign(probe, { at: -1, body: '', budget: Infinity });
    const all = passed.length === this.job.tests.length;
    const verdict = late || exhausted ? 'timeout' : all ? 'passed' : 'failed';
    passed.sort((a, b) => a - b);
    return { verdict, passed, steps, late };
  }
}

async function serve(job) {
  disguise();
  const wanted = new Set(job.tests.map((id) => id.split(' > ')[0]));
  const all = await install([...wanted].map((file) => path.join(ROOT, file)));
  await collect(all.filter((file) => wanted.has(relative(path.resolve(file)))));
  const trial = new Trial(job);
  process.on('message', async (message) => {
    process.send({ answer: await trial.run(message) });
  });
  process.send({ ready: true });
}

if (env.WHIMBREL_PROBE === 'record') {
  record().catch((error) => {
    console.error(error);
    exit(1);
  });
} else {
  process.once('message', (job) => {
    serve(job).catch(() => exit(1));
  });
}
