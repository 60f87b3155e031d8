// Reports each test that vitest ran, at the end of its run: by `onFinished` up to its version 2, by
// `onTestRunEnd` since version 3.
import { createRequire } from "node:module";

const { open } = createRequire(import.meta.url)("./preload.cjs");

function outcome(task) {
  if (task.mode === "skip" || task.mode === "todo") return "skipped";
  return { pass: "passed", fail: "failed" }[task.result?.state] ?? "skipped";
}

export default class Whimbrel {
  constructor() {
    this.ended = false;
  }

  onInit() {
    this.report = open("vitest");
  }

  onFinished(files = []) {
    this.finish(files);
  }

  onTestRunEnd(modules) {
    this.finish(modules.map((module) => module.task));
  }

  finish(files) {
    if (this.ended) return;
    this.ended = true;
    try {
      files.forEach((file) => this.walkFile(file));
    } catch {}
    this.report.say("end", { partial: false });
  }

  walkFile(file) {
    const path = this.report.file(file.filepath);
    const broken = file.result?.state === "fail" && (file.result.errors?.length > 0 || !file.tasks.length);
    if (broken) this.report.say("unreachable", { id: path });
    for (const task of file.tasks) this.walk(task, [path]);
  }

  walk(task, above) {
    const names = [...above, task.name];
    if (task.type === "suite") {
      for (const inner of task.tasks) this.walk(inner, names);
    } else {
      this.report.say(outcome(task), { id: this.report.numbered(names.join(" > ")) });
    }
  }
}
