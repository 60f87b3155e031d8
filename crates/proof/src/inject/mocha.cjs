// Mocha's own default reporter, which also reports each test to us.
"use strict";

const fs = require("node:fs");

const { open } = require("./preload.cjs");

const home = fs.realpathSync(process.argv[1]).replace(/\/(?:bin|lib)\/[^]*$/, "");
const Spec = require(`${home}/lib/reporters/spec.js`);

module.exports = class Whimbrel extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const report = open("mocha");
    const name = (test) => [report.file(test.file), ...test.titlePath()].join(" > ");
    const tell = (what, test) => report.say(what, { id: report.numbered(name(test)) });
    const quietly = (act) => (test) => {
      try {
        act(test);
      } catch {}
    };
    runner.on("pass", quietly((test) => tell("passed", test)));
    runner.on("pending", quietly((test) => tell("skipped", test)));
    runner.on("fail", quietly((test) => {
      if (test.type !== "hook") return tell("failed", test);
      const suite = test.parent;
      const id = [report.file(suite?.file ?? test.file), ...(suite?.titlePath() ?? [])].join(" > ");
      report.say("unreachable", { id });
    }));
    runner.once("end", () => {
      const ran = runner.stats?.tests ?? 0;
      report.say("end", { partial: Boolean(runner._abort) || (runner.total ?? ran) > ran + (runner.stats?.pending ?? 0) });
    });
  }
};
