'use strict';

const { test } = require('node:test');
const assert = require('node:assert');
const { render, escapeHtml, lookup } = require('../template.js');

test('values', () => {
  assert.equal(render('Hello {name}!', { name: 'Ada' }), 'Hello Ada!');
  assert.equal(render('{a}{b}', { a: 1, b: 0 }), '10');
});

test('text alone', () => {
  assert.equal(render('no tags'), 'no tags');
  assert.equal(render(''), '');
});

test('what is missing is nothing', () => {
  assert.equal(render('[{x}{y.z}]', { y: null }), '[]');
});

test('paths', () => {
  assert.equal(lookup('a.b.c', { a: { b: { c: 5 } } }), 5);
  assert.equal(lookup('a.x.c', { a: {} }), undefined);
});

test('filters', () => {
  assert.equal(render('{a | trim|upper}', { a: ' x ' }), 'X');
  assert.equal(render('{a|title}', { a: 'two words' }), 'Two Words');
  assert.throws(() => render('{a|none}', { a: 1 }), ReferenceError);
});

test('escapes', () => {
  assert.equal(escapeHtml('<a href="x">&</a>'), '&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;');
  assert.equal(render('{a|html}', { a: '<>' }), '&lt;&gt;');
});

test('conditions', () => {
  const text = 'a{?on}b{/on}c';
  assert.equal(render(text, { on: true }), 'abc');
  assert.equal(render(text, {}), 'ac');
});

test('lists', () => {
  const text = '{#names}{index}:{item} {/names}';
  assert.equal(render(text, { names: ['x', 'y'] }), '1:x 2:y ');
  assert.equal(render(text, { names: 'xy' }), '');
});

test('lists see what is around them', () => {
  assert.equal(render('{#l}{item.n}{s}{/l}', { l: [{ n: 1 }, { n: 2 }], s: ';' }), '1;2;');
});

test('nested', () => {
  const text = '{#rows}{#item}{item},{/item}{?last}!{/last}\n{/rows}';
  assert.equal(render(text, { rows: [[1, 2], [3]], last: 1 }), '1,2,!\n3,!\n');
});

test('what is not closed', () => {
  for (const text of ['{a', '{#a}x', '{/a}', '{#a}{/b}']) {
    assert.throws(() => render(text), SyntaxError, text);
  }
});
