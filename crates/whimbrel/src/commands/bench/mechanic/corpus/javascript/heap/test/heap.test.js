'use strict';

const { test } = require('node:test');
const assert = require('node:assert');
const { Heap, smallest, median, mergeSorted, makespan } = require('../heap.js');

const VALUES = [5, 3, 8, 1, 9, 2, 7, 3];

test('pops in order', () => {
  const heap = new Heap();
  VALUES.forEach((value) => heap.push(value));
  const popped = VALUES.map(() => heap.pop());
  assert.deepStrictEqual(popped, [1, 2, 3, 3, 5, 7, 8, 9]);
});

test('an empty heap has nothing', () => {
  const heap = new Heap();
  assert.equal(heap.pop(), undefined);
  assert.equal(heap.peek(), undefined);
  assert.equal(heap.size, 0);
});

test('peeking takes nothing', () => {
  const heap = new Heap();
  heap.push(2);
  heap.push(1);
  assert.equal(heap.peek(), 1);
  assert.equal(heap.size, 2);
});

test('an order of its own', () => {
  const heap = new Heap((a, b) => b.age - a.age);
  [{ age: 3 }, { age: 9 }, { age: 5 }].forEach((one) => heap.push(one));
  assert.deepStrictEqual([heap.pop().age, heap.pop().age, heap.pop().age], [9, 5, 3]);
});

test('smallest', () => {
  assert.deepStrictEqual(smallest(VALUES, 3), [1, 2, 3]);
  assert.deepStrictEqual(smallest([2, 1], 5), [1, 2]);
  assert.deepStrictEqual(smallest([2, 1], 0), []);
});

test('median', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([]), null);
  assert.equal(median([7]), 7);
});

test('merges', () => {
  assert.deepStrictEqual(mergeSorted([[1, 4, 7], [], [2, 5], [3]]), [1, 2, 3, 4, 5, 7]);
  assert.deepStrictEqual(mergeSorted([]), []);
});

test('makespan', () => {
  assert.equal(makespan([3, 3, 2, 2, 2], 2), 7);
  assert.equal(makespan([5, 1], 1), 6);
  assert.equal(makespan([], 3), 0);
  assert.equal(makespan([4], 3), 4);
});

test('nobody works', () => {
  assert.throws(() => makespan([1], 0), RangeError);
});

test('makespan leaves the jobs as they were', () => {
  const jobs = [1, 3, 2];
  makespan(jobs, 2);
  assert.deepStrictEqual(jobs, [1, 3, 2]);
});
