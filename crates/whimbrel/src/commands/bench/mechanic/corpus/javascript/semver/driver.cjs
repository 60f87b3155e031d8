const { parse, format, compare, bump, satisfies, newest } = require('./semver.js');

const some = () => {
  const core = `${random(3)}.${random(4)}.${random(4)}`;
  return core + choice(['', '', '', '-rc', '-rc.1', '-rc.10', '-rc.2', '-a.b', '-1', '-x.1.y']);
};
for (let i = 0; i < ROUNDS; i += 1) {
  const [one, other] = [some(), some()];
  const range = choice(['^', '~', '>=', '>', '<=', '<', '']) + other;
  show(() => format(parse(choice([one, `v${one}`, `${one}.`]))));
  show(() => compare(one, other));
  show(() => bump(one, choice(['major', 'minor', 'patch', 'none'])));
  show(() => satisfies(one, range));
  show(() => satisfies(one, `>=${some()} <${some()}`));
  show(() => newest([some(), some(), some(), some()], range));
}
