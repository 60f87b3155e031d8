'use strict';

const { test } = require('node:test');
const assert = require('node:assert');
const { parse, stringify, normalise, match } = require('../query.js');

test('parses', () => {
  assert.deepStrictEqual(parse('?a=1&b=x%20y&c'), { a: '1', b: 'x y', c: '' });
  assert.deepStrictEqual(parse('a=1'), { a: '1' });
  assert.deepStrictEqual(parse(''), {});
});

test('a value may have an equals sign', () => {
  assert.deepStrictEqual(parse('a=b=c'), { a: 'b=c' });
});

test('a plus is a blank', () => {
  assert.deepStrictEqual(parse('a+b=c+d+e&f=%2B'), { 'a b': 'c d e', f: '+' });
});

test('what comes several times is a list', () => {
  assert.deepStrictEqual(parse('a=1&a=2&a=3&&b=4'), { a: ['1', '2', '3'], b: '4' });
});

test('brackets make a list of one', () => {
  assert.deepStrictEqual(parse('a[]=1&b%5B%5D=2&b[]=3'), { a: ['1'], b: ['2', '3'] });
});

test('stringifies in order', () => {
  assert.equal(stringify({ b: 'x y', a: 1, d: undefined, e: null }), 'a=1&b=x+y');
  assert.equal(stringify({ a: [1, '&'], c: 0 }), 'a=1&a=%26&c=0');
  assert.equal(stringify({}), '');
});

test('there and back', () => {
  const values = { a: ['1', '2+'], 'k y': 'x=&y' };
  assert.deepStrictEqual(parse(stringify(values)), values);
});

test('normalises', () => {
  assert.equal(normalise('/a//b/./c/../d/'), '/a/b/d');
  assert.equal(normalise('/../a'), '/a');
  assert.equal(normalise('../../a/..'), '../..');
  assert.equal(normalise('a/..'), '.');
  assert.equal(normalise('/'), '/');
});

test('matches', () => {
  assert.deepStrictEqual(match('/users/:id/files/:name', '/users/7//files/a%20b'), { id: '7', name: 'a b' });
  assert.deepStrictEqual(match('/users', '/users/'), {});
});

test('does not match', () => {
  assert.equal(match('/users/:id', '/users'), null);
  assert.equal(match('/users/:id', '/groups/7'), null);
  assert.equal(match('/users/:id', '/users/7/x'), null);
});
