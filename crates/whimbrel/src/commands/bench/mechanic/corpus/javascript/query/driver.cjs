const { parse, stringify, normalise, match } = require('./query.js');

const word = () => choice(['a', 'b', 'c', 'a[]', 'x+y', '%20', 'a%5B%5D', '']);
const part = () => choice(['a', 'b', '..', '.', '', '7', 'x%20y']);
const path = () => choice(['', '/']) + Array.from({ length: random(6) }, part).join('/');
for (let i = 0; i < ROUNDS; i += 1) {
  const pairs = Array.from({ length: random(5) }, () => word() + choice(['', '=', '=1', '=b=c', '=+%26']));
  show(() => parse(choice(['', '?']) + pairs.join('&')));
  show(() => stringify({ b: choice([1, null, 'x y', [1, '+'], []]), a: choice(['', undefined, '&=']) }));
  show(() => normalise(path()));
  show(() => match(choice(['/:x/b', '/a/:y', ':z', '/:x/:y', '/a']), path()));
}
