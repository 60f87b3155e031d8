//! Small JavaScript programs, each with one bug.

use super::Program;

const RANGES: &str = "\
'use strict';

function clamp(value, low, high) {
  if (value < low) return low;
  if (value > high) {
    return high;
  }
  return value;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function* pairs(values) {
  for (let i = 0; i + 1 < values.length; i++) {
    yield [values[i], values[i + 1]];
  }
}

class Spring {
  constructor(rest, stiffness) {
    this.rest = rest;
    this.stiffness = stiffness;
    this.length = rest;
  }

  get force() {
    return this.stiffness * (this.rest - this.length);
  }

  pull(by) {
    this.length += by;
    return this;
  }
}

async function firstOf(promises, fallback) {
  for (const promise of promises) {
    const value = await promise;
    if (value !== null && value !== undefined) return value;
  }
  return fallback;
}

function gcd(a, b) {
  while (b !== 0) {
    [a, b] = [b, a % b];
  }
  return a;
}

function words(text) {
  return text
    .split(' ')
    .filter((word) => word.length > 0)
    .map((word) => word.toLowerCase());
}

function binarySearch(values, wanted) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] === wanted) return middle;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return -1;
}

module.exports = { clamp, mean, pairs, Spring, firstOf, gcd, words, binarySearch };
";

const RANGES_TEST: &str = "\
const { test, describe, it, beforeEach } = require('node:test');
const assert = require('node:assert/strict');
const { clamp, mean, pairs, Spring, firstOf, gcd, words, binarySearch } = require('../src/ranges.js');

test('clamp keeps what is inside', () => assert.equal(clamp(5, 0, 10), 5));
test('clamp from below', () => assert.equal(clamp(-5, 0, 10), 0));
test('clamp from above', () => {
  assert.equal(clamp(15, 0, 10), 10);
  assert.equal(clamp(1500, -3, 7), 7);
});
test('mean', () => {
  assert.equal(mean([1, 2, 3]), 2);
  assert.equal(mean([4, 6, 8, 10]), 7);
});
test('pairs', () => {
  assert.deepEqual([...pairs([1, 2, 3])], [[1, 2], [2, 3]]);
  assert.deepEqual([...pairs([1])], []);
});
describe('a spring', () => {
  let spring;
  beforeEach(() => { spring = new Spring(10, 3); });
  it('rests', () => assert.equal(spring.force, 0));
  it('pulls back', () => assert.equal(spring.pull(2).force, -6));
  it('pushes back', () => assert.equal(spring.pull(-4).pull(1).force, 9));
});
test('the first that is there', async () => {
  assert.equal(await firstOf([Promise.resolve(null), Promise.resolve(0), Promise.resolve(2)], 9), 0);
  assert.equal(await firstOf([Promise.resolve(undefined)], 9), 9);
});
test('gcd', () => {
  assert.equal(gcd(12, 18), 6);
  assert.equal(gcd(7, 5), 1);
});
test('words', () => {
  assert.deepEqual(words('A  bC d'), ['a', 'bc', 'd']);
  assert.deepEqual(words(''), []);
});
test('a search finds all and no others', () => {
  const values = [2, 3, 5, 7, 11, 13];
  values.forEach((value, index) => assert.equal(binarySearch(values, value), index));
  assert.equal(binarySearch(values, 4), -1);
  assert.equal(binarySearch(values, 20), -1);
});
";

/// A plain function, one in a constant, a method, and one whose edits never end.
const BUGS: [(&str, &str); 4] = [
    ("    return high;", "    return low;"),
    ("sum + value, 0", "sum + value, 1"),
    ("this.length += by", "this.length -= by"),
    ("low = middle + 1", "low = middle"),
];

#[tokio::test]
async fn most_small_bugs_of_a_javascript_program_are_repaired() {
    let program = Program {
        test_command: "node --test",
        files: &[("src/ranges.js", RANGES), ("test/ranges.test.js", RANGES_TEST)],
    };
    let (right, plausible) = program.repairs(&BUGS).await;
    assert!(plausible >= 3 && right >= 2, "{right} right, {plausible} plausible");
}
