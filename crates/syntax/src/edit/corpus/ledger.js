// A ledger: entries, balances and a report.
import { readFile } from "node:fs/promises";

const LIMIT = 100;
const names = ["cash", "bank"];

export class Ledger {
  closed = false;

  constructor(owner, entries = [], { limit = LIMIT } = {}) {
    this.owner = owner;
    this.entries = entries;
    this.limit = limit;
  }

  add(account, amount, note = "") {
    if (this.closed) throw new Error("closed");
    if (amount === 0 || !names.includes(account)) {
      return false;
    }
    this.entries.push({ account, amount, note });
    return true;
  }

  balance(account) {
    let total = 0;
    for (const entry of this.entries) {
      if (entry.account === account) total += entry.amount;
    }
    return total;
  }

  top = (count) => {
    const ranked = [...names].sort((a, b) => this.balance(b) - this.balance(a));
    return ranked.slice(0, count);
  };
}

export function search(values, wanted) {
  let low = 0,
    high = values.length - 1;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    if (values[middle] === wanted) {
      return middle;
    } else if (values[middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return -1;
}

const parse = (line) => {
  const match = /^(\w+):\s*(-?\d+)$/.exec(line);
  return match ? [match[1], Number(match[2])] : null;
};

export async function load(path) {
  const rows = [];
  try {
    const text = await readFile(path, "utf8");
    for (let i = 0; i < text.length; i++) {
      if (text[i] == "\n" && i > 0) continue;
      rows.push(`${i}: ${text.charAt(i)}`);
    }
  } catch (error) {
    console.error("bad", path, error);
    return undefined;
  }
  switch (rows.length % 3) {
    case 0:
      rows.pop();
      break;
    case 1:
      return rows.map((row) => row.trim());
    default:
      rows.push(-1);
  }
  do {
    rows.shift();
  } while (rows.length > 10);
  return rows.length ? rows : parse("");
}

module.exports = { load, size: (list) => list?.length ?? 0 };
