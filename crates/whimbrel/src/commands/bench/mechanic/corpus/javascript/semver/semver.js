'use strict';

/** Versions as in semver.org, and simple ranges of them. */

function parse(text) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9a-z.-]+))?$/i.exec(text.trim());
  if (!match) throw new TypeError(`not a version: ${text}`);
  const [, major, minor, patch, before] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    before: before ? before.split('.') : [],
  };
}

function format(version) {
  const { major, minor, patch, before } = version;
  const core = `${major}.${minor}.${patch}`;
  return before.length > 0 ? `${core}-${before.join('.')}` : core;
}

function compareParts(left, right) {
  const numeric = /^\d+$/;
  if (numeric.test(left) && numeric.test(right)) return Math.sign(Number(left) - Number(right));
  if (numeric.test(left)) return -1;
  if (numeric.test(right)) return 1;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function compare(leftText, rightText) {
  const left = parse(leftText);
  const right = parse(rightText);
  for (const key of ['major', 'minor', 'patch']) {
    if (left[key] !== right[key]) return left[key] < right[key] ? -1 : 1;
  }
  // A version without a suffix comes after the same one with it.
  if (left.before.length === 0 && right.before.length === 0) return 0;
  if (left.before.length === 0) return 1;
  if (right.before.length === 0) return -1;
  const length = Math.max(left.before.length, right.before.length);
  for (let i = 0; i < length; i += 1) {
    if (left.before[i] === undefined) return -1;
    if (right.before[i] === undefined) return 1;
    const order = compareParts(left.before[i], right.before[i]);
    if (order !== 0) return order;
  }
  return 0;
}

function bump(text, part) {
  const { major, minor, patch } = parse(text);
  if (part === 'major') return `${major + 1}.0.0`;
  if (part === 'minor') return `${major}.${minor + 1}.0`;
  if (part === 'patch') return `${major}.${minor}.${patch + 1}`;
  throw new RangeError(`no part: ${part}`);
}

/** `^1.2.3`, `~1.2.3`, `>=1.2.3`, `<2.0.0`, `1.2.3`; several with blanks between them all hold. */
function satisfies(text, range) {
  return range
    .split(/\s+/)
    .filter((one) => one !== '')
    .every((one) => holds(text, one));
}

function holds(text, condition) {
  const [, sign, wanted] = /^([\^~<>=]*)(.*)$/.exec(condition);
  const version = parse(text);
  const base = parse(wanted);
  const order = compare(text, wanted);
  if (sign === '^') {
    if (order < 0 || version.major !== base.major) return false;
    return base.major > 0 || version.minor === base.minor;
  }
  if (sign === '~') {
    return order >= 0 && version.major === base.major && version.minor === base.minor;
  }
  if (sign === '>=') return order >= 0;
  if (sign === '>') return order > 0;
  if (sign === '<=') return order <= 0;
  if (sign === '<') return order < 0;
  return order === 0;
}

/** The newest that is in the range, or null. */
function newest(versions, range = '>=0.0.0') {
  const fitting = versions.filter((one) => satisfies(one, range));
  fitting.sort(compare);
  return fitting.length > 0 ? fitting[fitting.length - 1] : null;
}

module.exports = { parse, format, compare, bump, satisfies, newest };
