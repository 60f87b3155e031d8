'use strict';

const { test } = require('node:test');
const assert = require('node:assert');
const { parse, format, compare, bump, satisfies, newest } = require('../semver.js');

test('parses', () => {
  const expected = { major: 1, minor: 20, patch: 3, before: ['beta', '2'] };
  assert.deepStrictEqual(parse(' v1.20.3-beta.2 '), expected);
});

test('refuses what is no version', () => {
  for (const text of ['', '1.2', '1.2.x', '1.2.3-']) assert.throws(() => parse(text), TypeError);
});

test('formats', () => {
  assert.equal(format(parse('v1.2.3')), '1.2.3');
  assert.equal(format(parse('1.2.3-rc.1')), '1.2.3-rc.1');
});

test('compares numbers as numbers', () => {
  assert.equal(compare('1.10.0', '1.9.0'), 1);
  assert.equal(compare('1.2.3', '2.0.0'), -1);
  assert.equal(compare('1.2.3', '1.2.3'), 0);
  assert.equal(compare('1.2.4', '1.2.3'), 1);
});

test('compares suffixes', () => {
  const order = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0'];
  for (let i = 1; i < order.length; i += 1) {
    assert.equal(compare(order[i - 1], order[i]), -1, order[i]);
    assert.equal(compare(order[i], order[i - 1]), 1, order[i]);
  }
});

test('bumps', () => {
  assert.equal(bump('1.2.3', 'major'), '2.0.0');
  assert.equal(bump('1.2.3', 'minor'), '1.3.0');
  assert.equal(bump('1.2.3-rc', 'patch'), '1.2.4');
  assert.throws(() => bump('1.2.3', 'other'), RangeError);
});

test('a caret keeps the major', () => {
  assert.ok(satisfies('1.9.0', '^1.2.3'));
  assert.ok(!satisfies('1.2.2', '^1.2.3'));
  assert.ok(!satisfies('2.0.0', '^1.2.3'));
});

test('a caret below one keeps the minor', () => {
  assert.ok(satisfies('0.2.9', '^0.2.3'));
  assert.ok(!satisfies('0.3.0', '^0.2.3'));
});

test('a tilde keeps the minor', () => {
  assert.ok(satisfies('1.2.9', '~1.2.3'));
  assert.ok(!satisfies('1.3.0', '~1.2.3'));
  assert.ok(!satisfies('2.2.9', '~1.2.3'));
});

test('several conditions all hold', () => {
  assert.ok(satisfies('1.5.0', '>=1.0.0 <2.0.0'));
  assert.ok(!satisfies('2.0.0', '>=1.0.0  <2.0.0'));
  assert.ok(satisfies('2.0.0', '>1.9.9 <=2.0.0'));
  assert.ok(!satisfies('1.9.9', '>1.9.9'));
  assert.ok(satisfies('1.2.3', '1.2.3'));
});

test('the newest', () => {
  const versions = ['1.9.0', '1.10.0', '2.0.0', '1.10.0-rc'];
  assert.equal(newest(versions, '^1.0.0'), '1.10.0');
  assert.equal(newest(versions), '2.0.0');
  assert.equal(newest(versions, '>3.0.0'), null);
});
