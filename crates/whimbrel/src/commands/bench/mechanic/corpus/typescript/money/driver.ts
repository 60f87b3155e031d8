import { add, allocate, format, invoice, lineTotal, money, parse, times } from './money.ts';

const currency = () => choice(['EUR', 'USD', 'JPY'] as const satisfies readonly string[] as never[]);
const some = () => money(random(200_000) - 50_000, currency());
const line = () => ({
  name: 'x',
  price: money(random(5_000), 'EUR'),
  quantity: random(7),
  discountPercent: choice([undefined, 0, 10, 33]),
});
for (let i = 0; i < ROUNDS; i += 1) {
  show(() => parse(choice(['1', '-2.5', '0.07', '12.345', 'x', ' 7.10 ', '-0.99']), currency()));
  show(() => add(some(), some()));
  show(() => times(some(), random(500) / 100));
  show(() => format(some()));
  show(() => allocate(money(random(1_000), 'EUR'), Array.from({ length: random(5) }, () => random(4))));
  show(() => lineTotal(line() as never));
  show(() => invoice(Array.from({ length: random(5) }, line) as never, 'EUR', choice([10, 5, 1])));
}
