// Preloaded into every node by NODE_OPTIONS. In one that runs tests it takes what the reporters need
// out of the environment, before anything of the project is loaded, and gives the runners that know
// no variable for it one more reporter on their command line. It must never stop the tests: whatever
// goes wrong here is left unsaid.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const BINARIES = [
  ["jest", /\/node_modules\/(?:jest|jest-cli)\/bin\/jest\.js$/],
  ["vitest", /\/node_modules\/vitest\/vitest\.mjs$/],
  ["mocha", /\/node_modules\/mocha\/(?:bin\/_?mocha(?:\.js)?|lib\/cli\/cli\.js)$/],
];

function running() {
  if (process.execArgv.includes("--test")) return "node";
  if (process.argv[1] === undefined) return undefined;
  const program = fs.realpathSync(process.argv[1]);
  return BINARIES.find(([, pattern]) => pattern.test(program))?.[0];
}

function claim() {
  const { WHIMBREL_REPORT: file, WHIMBREL_NONCE: nonce, WHIMBREL_ROOT: root } = process.env;
  delete process.env.WHIMBREL_REPORT;
  delete process.env.WHIMBREL_NONCE;
  return file === undefined ? undefined : { file, nonce, root };
}

let claimed;

/// Where to write, once: whoever asks first is our reporter.
exports.open = (runner) => {
  const { file, nonce, root } = claimed ?? claim() ?? {};
  claimed = undefined;
  const seen = new Map();
  const say = (is, more) => {
    try {
      const line = JSON.stringify({ nonce, process: process.pid, is, ...more });
      if (file !== undefined) fs.appendFileSync(file, line + "\n");
    } catch {}
  };
  say("begin", { runner });
  return {
    say,
    file: (name) => (name ? path.relative(root ?? process.cwd(), name) : ""),
    /// The second of one name becomes `name #2`.
    numbered(id) {
      const count = (seen.get(id) ?? 0) + 1;
      seen.set(id, count);
      return count === 1 ? id : `${id} #${count}`;
    },
  };
};

function add(flags) {
  const end = process.argv.indexOf("--");
  process.argv.splice(end < 0 ? process.argv.length : end, 0, ...flags);
}

const names = (flag) => process.argv.some((one) => one === flag || one.startsWith(flag + "="));
const ours = (name) => path.join(__dirname, name);

function equip(runner) {
  if (runner === "jest") {
    if (!names("--reporters")) add(["--reporters=default"]);
    add([`--reporters=${ours("jest.cjs")}`]);
  } else if (runner === "vitest") {
    if (!names("--reporter")) add(["--reporter=default"]);
    add([`--reporter=${ours("vitest.mjs")}`]);
  } else if (runner === "mocha" && !names("--reporter") && !names("-R")) {
    add(["--reporter", ours("mocha.cjs")]);
  }
}

try {
  const runner = running();
  if (runner !== undefined && process.env.WHIMBREL_REPORT !== undefined) {
    claimed = claim();
    equip(runner);
  }
} catch {}
