import assert from 'node:assert';
import { test } from 'node:test';
import { CurrencyMismatch, add, allocate, format, invoice, lineTotal, money, parse, times } from '../money.ts';

const eur = (amount: number) => money(amount, 'EUR');

test('parses', () => {
  assert.deepStrictEqual(parse('12.5', 'EUR'), eur(1250));
  assert.deepStrictEqual(parse(' -0.07 ', 'EUR'), eur(-7));
  assert.deepStrictEqual(parse('300', 'JPY'), money(300, 'JPY'));
});

test('refuses what is no sum', () => {
  assert.throws(() => parse('1,5', 'EUR'), SyntaxError);
  assert.throws(() => parse('1.555', 'EUR'), RangeError);
  assert.throws(() => parse('1.5', 'JPY'), RangeError);
  assert.throws(() => eur(1.5), RangeError);
});

test('adds', () => {
  assert.deepStrictEqual(add(eur(150), eur(-50)), eur(100));
  assert.throws(() => add(eur(1), money(1, 'USD')), CurrencyMismatch);
});

test('multiplies and rounds', () => {
  assert.deepStrictEqual(times(eur(333), 3), eur(999));
  assert.deepStrictEqual(times(eur(101), 0.5), eur(51));
});

test('formats', () => {
  assert.equal(format(eur(123456789)), '€1,234,567.89');
  assert.equal(format(money(5, 'USD')), '$0.05');
  assert.equal(format(money(-1200, 'JPY')), '-¥1,200');
  assert.equal(format(eur(0)), '€0.00');
});

test('allocates all of it', () => {
  const amounts = allocate(eur(100), [1, 1, 1]).map((one) => one.amount);
  assert.deepStrictEqual(amounts, [34, 33, 33]);
  const uneven = allocate(eur(101), [0, 3, 1]).map((one) => one.amount);
  assert.deepStrictEqual(uneven, [0, 76, 25]);
});

test('allocates to nobody', () => {
  assert.throws(() => allocate(eur(1), []), RangeError);
  assert.throws(() => allocate(eur(1), [0]), RangeError);
});

test('a line', () => {
  assert.deepStrictEqual(lineTotal({ name: 'pen', price: eur(199), quantity: 3 }), eur(597));
  const reduced = { name: 'pen', price: eur(1000), quantity: 2, discountPercent: 25 };
  assert.deepStrictEqual(lineTotal(reduced), eur(1500));
  assert.throws(() => lineTotal({ name: 'pen', price: eur(1), quantity: 0 }), RangeError);
});

test('an invoice', () => {
  const line = { name: 'pen', price: eur(100), quantity: 4 };
  assert.deepStrictEqual(invoice([line, line], 'EUR'), eur(800));
  assert.deepStrictEqual(invoice([line, line, { ...line, quantity: 2 }], 'EUR'), eur(900));
  assert.deepStrictEqual(invoice([line], 'EUR', 4), eur(360));
  assert.deepStrictEqual(invoice([], 'USD'), money(0, 'USD'));
});
