'use strict';
// Tries a batch of edits in lanes: processes that have loaded the tests. `swapped` puts another body
// in one function's place, for one candidate after the other in the same lane; `fresh` writes the
// edited file and starts a lane for it.

const { fork } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const env = process.env;
const { WHIMBREL_ROOT: ROOT, WHIMBREL_OUT: OUT } = env;
const batch = JSON.parse(fs.readFileSync(env.WHIMBREL_BATCH, 'utf8'));
const results = fs.openSync(path.join(OUT, 'results.jsonl'), 'a');
const began = Date.now();
// From when the tests are loaded for the first time.
let deadline = Infinity;
// What a single test may take.
let clock = batch.milliseconds;

// Lanes at once.
const LANES = 2;
// Candidates that a lane tries before it is seen whether they left a trace.
const CHUNK = 32;
// What loading the tests may take; and how many times as long as without an edit.
const LOAD_MS = 30000;
const LEAST_LOAD_MS = 3000;
const TIMES_ITS_LOAD = 5;
// Steps of a test that nobody has measured; and how many times its own steps a test may take.
const FIRST_STEPS = 20_000_000;
const TIMES_ITS_STEPS = 8;
const LEAST_STEPS = 100_000;
// What the tests may take longer in a lane that runs them for the first time, when whatever they
// use is compiled and sources are mapped back; and how many times as long as the second time.
const FIRST_MS = 5000;
const TIMES_ITS_CLOCK = 4;

function answer(id, verdict, passed = []) {
  fs.writeSync(results, JSON.stringify({ id, verdict, passed }) + '\n');
}

class Gone extends Error {}
class Late extends Error {}

class Lane {
  constructor(steps, stop) {
    const flags = JSON.parse(env.WHIMBREL_FLAGS);
    const args = process.argv.slice(2);
    this.child = fork(path.join(__dirname, 'lane.cjs'), args, {
      execArgv: flags, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true,
      env: { ...env, WHIMBREL_ROLE: 'lane' },
    });
    this.listener = null;
    this.gone = false;
    this.child.on('message', (message) => this.hear(message));
    this.child.on('exit', () => {
      this.gone = true;
      this.hear(null);
    });
    this.child.on('error', () => {
      this.gone = true;
      this.hear(null);
    });
    this.job = { tests: batch.tests, stop };
    this.steps = steps;
    this.milliseconds = clock;
  }

  hear(message) {
    const listener = this.listener;
    this.listener = null;
    if (listener) listener(message);
  }

  ask(message, milliseconds) {
    return new Promise((resolve, reject) => {
      if (this.gone) {
        reject(new Gone());
        return;
      }
      const left = Math.max(0, Math.min(milliseconds, deadline - Date.now()));
      const timer = setTimeout(() => {
        this.listener = null;
        this.kill();
        reject(new Late());
      }, left);
      this.listener = (heard) => {
        clearTimeout(timer);
        if (heard === null) reject(new Gone());
        else resolve(heard);
      };
      this.child.send(message, () => {});
    });
  }

  async load(milliseconds = LOAD_MS) {
    await this.ask(this.job, milliseconds);
    return this;
  }

  async run(at, body, more = 0) {
    const { steps } = this;
    const milliseconds = this.milliseconds + more;
    const heard = await this.ask({ at, body, steps, milliseconds }, batch.wall + milliseconds + more);
    return heard.answer;
  }

  /** The tests without an edit, for the first time. */
  first() {
    return this.run(-1, '', FIRST_MS);
  }

  kill() {
    this.gone = true;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

const same = (a, b) => a.length === b.length && a.every((each, index) => each === b[index]);

/** The clock goes on while others have the processor. */
function allowFor(took) {
  clock = Math.max(clock, TIMES_ITS_CLOCK * took);
}

class Swapped {
  constructor() {
    this.waiting = batch.candidates.filter(({ id }) => id !== 0);
    this.hooks = new Map();
    // Every run leaves a trace, so each candidate needs a lane of its own.
    this.single = false;
    this.steps = FIRST_STEPS;
    this.transpile = batch.types ? transpiler() : (body) => body;
  }

  async run() {
    if (this.transpile === null) {
      for (const { id } of this.waiting) answer(id, 'cold');
      this.waiting = [];
    }
    const started = Date.now();
    const lane = await new Lane(this.steps, batch.stop).load();
    const loading = Date.now() - started;
    deadline = Date.now() + FIRST_MS + batch.seconds * 1000;
    const first = await lane.first();
    answer(0, first.verdict, first.passed);
    this.without = first.passed;
    if (first.verdict !== 'timeout') this.steps = Math.max(LEAST_STEPS, TIMES_ITS_STEPS * first.steps) * batch.patience;
    const before = Date.now();
    const again = first.late ? null : await lane.first();
    this.single = again === null || !same(again.passed, this.without);
    if (again !== null) allowFor(Date.now() - before);
    deadline = Math.min(deadline, Date.now() + batch.seconds * 1000);
    if (this.single) lane.kill();
    Object.assign(lane, { steps: this.steps, milliseconds: clock });
    // Another lane that is hardly loaded when time is over only takes the processor from the first.
    const lanes = this.single || deadline - Date.now() > 2 * loading ? LANES : 1;
    await Promise.all(Array.from({ length: lanes }, (_, place) => this.work(place === 0 ? lane : null)));
  }

  /** One more, warm unless that would leave a trace. */
  async lane() {
    const lane = await new Lane(this.steps, batch.stop).load();
    if (!this.single) await lane.first();
    return lane;
  }

  async work(lane) {
    while (this.waiting.length > 0 && Date.now() < deadline) {
      const chunk = this.waiting.splice(0, this.single ? 1 : CHUNK);
      try {
        if (lane === null || lane.gone || this.single) {
          if (lane) lane.kill();
          lane = await this.lane();
        }
      } catch {
        break;
      }
      await this.chunk(lane, chunk);
    }
    if (lane) lane.kill();
  }

  /** Tries the candidates of the chunk; those that it didn't come to wait again. */
  async chunk(lane, chunk) {
    const answers = [];
    let at = 0;
    try {
      for (; at < chunk.length; at++) {
        const result = await this.one(lane, chunk[at]);
        answers.push([chunk[at].id, result]);
        if (result.late) {
          lane.kill();
          at += 1;
          break;
        }
      }
    } catch (error) {
      if (Date.now() < deadline) {
        answers.push([chunk[at].id, { verdict: error instanceof Late ? 'timeout' : 'crashed', passed: [] }]);
        at += 1;
      }
    }
    this.waiting.unshift(...chunk.slice(at));
    if (!this.single && !lane.gone && !(await this.isClean(lane))) {
      lane.kill();
      this.single = true;
      this.waiting.unshift(...chunk.slice(0, at));
      return;
    }
    for (const [id, { verdict, passed }] of answers) answer(id, verdict, passed);
  }

  async isClean(lane) {
    try {
      const now = await lane.run(-1, '');
      return same(now.passed, this.without);
    } catch {
      return false;
    }
  }

  /** In a lane of its own where each run leaves a trace. */
  async unedited(lane, hook, script) {
    if (!this.single) return lane.run(hook, script);
    const other = await this.lane();
    try {
      return { ...(await other.run(hook, script)), late: false };
    } finally {
      other.kill();
    }
  }

  async one(lane, { hook, body }) {
    const cold = { verdict: 'cold', passed: [] };
    if (hook === undefined) return cold;
    if (!this.hooks.has(hook)) {
      const unedited = this.script(batch.hooks[hook]);
      const result = unedited === null ? null : await this.unedited(lane, hook, unedited);
      this.hooks.set(hook, result !== null && same(result.passed, this.without));
      if (result && result.late) return { ...cold, late: true };
    }
    if (!this.hooks.get(hook)) return cold;
    const script = this.script(body);
    return script === null ? { verdict: 'syntax', passed: [] } : lane.run(hook, script);
  }

  script(body) {
    try {
      return this.transpile(body);
    } catch {
      return null;
    }
  }
}

/** How the project's own tools take the types out of TypeScript; null if none of them is known. */
function transpiler() {
  const from = (name, paths) => {
    try {
      return require(require.resolve(name, { paths }));
    } catch {
      return null;
    }
  };
  const near = [process.cwd(), ROOT];
  const beside = (name) => {
    try {
      return path.dirname(require.resolve(name, { paths: near }));
    } catch {
      return null;
    }
  };
  const esbuild = from('esbuild', [...near, beside('tsx'), beside('vite')].filter(Boolean));
  if (esbuild) return (body) => esbuild.transformSync(body, { loader: 'ts', target: 'esnext' }).code;
  const typescript = from('typescript', near);
  if (!typescript) return null;
  const { ESNext } = typescript.ScriptTarget;
  const compilerOptions = { target: ESNext, module: typescript.ModuleKind.ESNext };
  return (body) => typescript.transpileModule(body, { compilerOptions }).outputText;
}

// --- with the edit in its file --------------------------------------------------------------------

function edited(bare, replacements) {
  const pieces = [];
  let done = 0;
  for (const { start, end, text } of replacements) {
    pieces.push(bare.subarray(done, start), Buffer.from(text));
    done = end;
  }
  return Buffer.concat([...pieces, bare.subarray(done)]);
}

async function fresh() {
  let loading = LOAD_MS;
  for (const { id, path: name, replacements } of batch.candidates) {
    if (Date.now() >= deadline) return;
    const file = path.join(ROOT, name);
    const woven = fs.readFileSync(file);
    const bare = Buffer.from(batch.sources[name]);
    fs.writeFileSync(file, edited(bare, replacements));
    const lane = new Lane(Number.MAX_SAFE_INTEGER, batch.stop);
    try {
      const started = Date.now();
      await lane.load(loading);
      const loaded = Date.now();
      const { verdict, passed, late } = await (id === 0 ? lane.first() : lane.run(-1, ''));
      answer(id, verdict, passed);
      if (id === 0 && !late) allowFor(Date.now() - loaded);
      if (id === 0) loading = Math.min(LOAD_MS, Math.max(LEAST_LOAD_MS, TIMES_ITS_LOAD * (loaded - started)));
      deadline = Math.min(deadline, Date.now() + batch.seconds * 1000);
    } catch (error) {
      if (Date.now() < deadline) answer(id, error instanceof Late ? 'timeout' : 'crashed');
    } finally {
      lane.kill();
      fs.writeFileSync(file, woven);
    }
  }
}

const trying = batch.level === 'swapped' ? new Swapped().run() : fresh();
trying.catch(() => {}).finally(() => {
  fs.writeSync(results, JSON.stringify({ served_ms: Date.now() - began }) + '\n');
  process.exit(0);
});
