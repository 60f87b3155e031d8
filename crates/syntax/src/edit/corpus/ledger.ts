// A ledger with types.
interface Entry {
  account: string;
  amount: number;
  note?: string;
}

type Totals = Record<string, number>;
enum Kind { Cash = 1, Bank = 2 }

export class Ledger<T extends Entry = Entry> {
  private entries: T[] = [];
  readonly limit: number = 10;

  constructor(private readonly owner: string, limit?: number) {
    this.limit = limit ?? this.limit;
  }

  add(entry: T, times: number = 1): boolean {
    if (entry.amount <= 0 && times > 1) return false;
    for (let i = 0; i < times; i++) {
      this.entries.push(entry);
    }
    return this.entries.length < this.limit;
  }

  totals(): Totals {
    const totals: Totals = {};
    for (const { account, amount } of this.entries) {
      totals[account] = (totals[account] || 0) + amount;
    }
    return totals;
  }
}

export function clamp(value: number, low: number, high: number): number {
  if (value < low) {
    return low;
  }
  return value > high ? high : value;
}

function first<T>(items: readonly T[], fallback: T): T {
  const item = items[0] as T | undefined;
  return item !== undefined ? item! : fallback;
}

export const label = (kind: Kind, text = "none"): string => {
  const name = first([text, "x"], "y").toUpperCase();
  return kind === Kind.Cash ? `${name}!` : name;
};
