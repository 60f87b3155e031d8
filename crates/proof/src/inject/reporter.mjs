// Reports each test that node's own runner runs. Named in NODE_OPTIONS, so it must never stop the
// tests: whatever goes wrong here is left unsaid.
import { createRequire } from "node:module";

const { open } = createRequire(import.meta.url)("./preload.cjs");
const names = [];

function outcome(type, data) {
  if (data.skip !== undefined || data.todo !== undefined) return "skipped";
  return type === "test:pass" ? "passed" : "failed";
}

function tell(report, type, data) {
  const file = report.file(data.file);
  const isFile = data.nesting === 0 && (data.name === data.file || data.name === file);
  if (isFile) {
    if (type === "test:fail") report.say("unreachable", { id: file });
    return;
  }
  if (data.details?.type === "suite") return;
  const path = [...names.slice(0, data.nesting), data.name];
  report.say(outcome(type, data), { id: report.numbered([file, ...path].join(" > ")) });
}

export default async function* whimbrel(source) {
  const report = open("node");
  for await (const { type, data } of source) {
    try {
      if (type === "test:start") names[data.nesting] = data.name;
      if (type === "test:pass" || type === "test:fail") tell(report, type, data);
    } catch {}
  }
  report.say("end", { partial: false });
}
