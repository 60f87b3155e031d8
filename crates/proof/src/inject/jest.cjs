// Reports each test that jest runs.
"use strict";

const { open } = require("./preload.cjs");

const OUTCOMES = { passed: "passed", failed: "failed", focused: "passed" };

module.exports = class Whimbrel {
  onRunStart() {
    this.report = open("jest");
  }

  onTestResult(_test, result) {
    try {
      const { report } = this;
      const file = report.file(result.testFilePath);
      if (result.testExecError || (result.failureMessage && result.testResults.length === 0)) {
        report.say("unreachable", { id: file });
      }
      for (const one of result.testResults) {
        const id = report.numbered([file, ...one.ancestorTitles, one.title].join(" > "));
        report.say(OUTCOMES[one.status] ?? "skipped", { id });
      }
    } catch {}
  }

  onRunComplete(_contexts, results) {
    const ran = results.numTotalTestSuites - results.numPendingTestSuites;
    const told = results.numPassedTestSuites + results.numFailedTestSuites;
    this.report?.say("end", { partial: Boolean(results.wasInterrupted) || told < ran });
  }
};
