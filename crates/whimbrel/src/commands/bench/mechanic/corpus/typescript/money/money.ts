/** Sums of money in the smallest unit of their currency: prices, discounts, shares. */

export type Currency = 'EUR' | 'USD' | 'JPY';

export interface Money {
  readonly amount: number;
  readonly currency: Currency;
}

export interface Line {
  readonly name: string;
  readonly price: Money;
  readonly quantity: number;
  readonly discountPercent?: number;
}

const DIGITS: Record<Currency, number> = { EUR: 2, USD: 2, JPY: 0 };
const SIGNS: Record<Currency, string> = { EUR: '€', USD: '$', JPY: '¥' };

export class CurrencyMismatch extends Error {}

export function money(amount: number, currency: Currency): Money {
  if (!Number.isInteger(amount)) throw new RangeError('an amount is in whole units');
  return { amount, currency };
}

export function parse(text: string, currency: Currency): Money {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) throw new SyntaxError(`no sum: ${text}`);
  const [, minus, whole = '0', fraction = ''] = match;
  const digits = DIGITS[currency];
  if (fraction.length > digits) throw new RangeError(`${currency} has ${digits} digits`);
  const amount = Number(whole) * 10 ** digits + Number(fraction.padEnd(digits, '0') || '0');
  return money(minus === '-' ? 0 - amount : amount, currency);
}

export function add(left: Money, right: Money): Money {
  if (left.currency !== right.currency) throw new CurrencyMismatch();
  return money(left.amount + right.amount, left.currency);
}

export function times(sum: Money, factor: number): Money {
  return money(Math.round(sum.amount * factor), sum.currency);
}

export function format(sum: Money): string {
  const digits = DIGITS[sum.currency];
  const padded = String(Math.abs(sum.amount)).padStart(digits + 1, '0');
  const whole = padded.slice(0, padded.length - digits);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = digits > 0 ? `.${padded.slice(-digits)}` : '';
  return `${sum.amount < 0 ? '-' : ''}${SIGNS[sum.currency]}${grouped}${fraction}`;
}

/** Parts in these proportions that add up to the whole; the first get what is left over. */
export function allocate(sum: Money, weights: number[]): Money[] {
  const total = weights.reduce((all, one) => all + one, 0);
  if (total <= 0) throw new RangeError('there is nobody to give it to');
  const shares = weights.map((weight) => Math.floor((sum.amount * weight) / total));
  let rest = sum.amount - shares.reduce((all, one) => all + one, 0);
  for (let i = 0; rest > 0; i = (i + 1) % shares.length) {
    if (weights[i]! > 0) {
      shares[i]! += 1;
      rest -= 1;
    }
  }
  return shares.map((amount) => money(amount, sum.currency));
}

export function lineTotal(line: Line): Money {
  if (line.quantity < 1) throw new RangeError('a line has at least one');
  const full = times(line.price, line.quantity);
  return times(full, 1 - (line.discountPercent ?? 0) / 100);
}

/** With a tenth off from `bulkFrom` pieces on. */
export function invoice(lines: Line[], currency: Currency, bulkFrom = 10): Money {
  let sum = money(0, currency);
  let pieces = 0;
  for (const line of lines) {
    sum = add(sum, lineTotal(line));
    pieces += line.quantity;
  }
  return pieces >= bulkFrom ? times(sum, 0.9) : sum;
}
