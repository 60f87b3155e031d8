const { render, escapeHtml, lookup } = require('./template.js');

const scope = () => ({
  a: choice(['x', ' Two words ', '<b>&"', null, 0, 7]),
  l: Array.from({ length: random(4) }, () => choice([1, 'q', { n: 5 }])),
  on: choice([true, false, '', 'yes']),
  o: { p: choice([{ q: 3 }, null, {}]) },
});
const piece = () => choice([
  'text ', '{a}', '{a|upper}', '{a | trim | title}', '{o.p.q}', '{a|html}', '{a|lower}',
  '{#l}{index}{item}{item.n},{/l}', '{?on}yes {a}{/on}', '{#l}{?on}{item}{/on}{/l}', '{none}',
]);
for (let i = 0; i < ROUNDS; i += 1) {
  const text = Array.from({ length: random(6) }, piece).join('');
  show(() => render(text, scope()));
  show(() => render(text + choice(['{', '{/l}', '{#l}', '{a|no}', '}']), scope()));
  show(() => escapeHtml(choice(['<', '&amp;', '"a"', 'b > c'])));
  show(() => lookup(choice(['o.p.q', 'a', 'l.length', 'x.y']), scope()));
}
