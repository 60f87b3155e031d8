// Appends one line of JSON for each test that node's runner reports. Named in NODE_OPTIONS, so it
// must never stop the tests: whatever goes wrong here is left unsaid.
import { appendFileSync } from "node:fs";
import { relative } from "node:path";

const report = process.env.WHIMBREL_REPORT;
const root = process.env.WHIMBREL_ROOT ?? process.cwd();
const seen = new Map();
const names = [];

function numbered(id) {
  const count = (seen.get(id) ?? 0) + 1;
  seen.set(id, count);
  return count === 1 ? id : `${id} #${count}`;
}

function outcome(type, data) {
  if (data.skip !== undefined || data.todo !== undefined) return "skipped";
  return type === "test:pass" ? "passed" : "failed";
}

function line(type, data) {
  const file = data.file === undefined ? "" : relative(root, data.file);
  const isFile = data.nesting === 0 && data.name === data.file;
  if (isFile) return type === "test:fail" ? { id: file, outcome: "unreachable" } : undefined;
  if (data.details?.type === "suite") return undefined;
  const path = [...names.slice(0, data.nesting), data.name];
  return { id: numbered([file, ...path].join(" > ")), outcome: outcome(type, data) };
}

export default async function* whimbrel(source) {
  try {
    appendFileSync(report, "");
  } catch {}
  for await (const { type, data } of source) {
    try {
      if (type === "test:start") names[data.nesting] = data.name;
      if (type !== "test:pass" && type !== "test:fail") continue;
      const written = line(type, data);
      if (written) appendFileSync(report, JSON.stringify(written) + "\n");
    } catch {}
  }
}
