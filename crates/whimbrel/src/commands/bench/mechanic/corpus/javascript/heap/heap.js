'use strict';

/** A priority queue, and a scheduler of jobs on it. */

class Heap {
  constructor(compare = (a, b) => a - b) {
    this.compare = compare;
    this.items = [];
  }

  get size() {
    return this.items.length;
  }

  push(item) {
    this.items.push(item);
    this.rise(this.items.length - 1);
  }

  peek() {
    return this.items[0];
  }

  pop() {
    if (this.items.length === 0) return undefined;
    const top = this.items[0];
    const last = this.items.pop();
    if (this.items.length > 0) {
      this.items[0] = last;
      this.sink(0);
    }
    return top;
  }

  rise(index) {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.compare(this.items[index], this.items[parent]) >= 0) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  sink(index) {
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < this.size && this.compare(this.items[left], this.items[least]) < 0) least = left;
      if (right < this.size && this.compare(this.items[right], this.items[least]) < 0) least = right;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  swap(a, b) {
    [this.items[a], this.items[b]] = [this.items[b], this.items[a]];
  }
}

/** The `count` smallest, in order. */
function smallest(values, count) {
  const heap = new Heap();
  for (const value of values) heap.push(value);
  const found = [];
  while (found.length < count && heap.size > 0) found.push(heap.pop());
  return found;
}

/** The middle value, or the mean of the two. */
function median(values) {
  if (values.length === 0) return null;
  const sorted = smallest(values, values.length);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Merges lists that are sorted. */
function mergeSorted(lists) {
  const heap = new Heap((a, b) => a.value - b.value || a.list - b.list);
  lists.forEach((list, number) => {
    if (list.length > 0) heap.push({ value: list[0], list: number, at: 0 });
  });
  const merged = [];
  while (heap.size > 0) {
    const { value, list, at } = heap.pop();
    merged.push(value);
    if (at + 1 < lists[list].length) {
      heap.push({ value: lists[list][at + 1], list, at: at + 1 });
    }
  }
  return merged;
}

/** When each job ends, if `workers` take the longest first. Gives the time of the last one. */
function makespan(jobs, workers) {
  if (workers < 1) throw new RangeError('nobody works');
  const free = new Heap();
  for (let i = 0; i < workers; i += 1) free.push(0);
  let last = 0;
  for (const job of [...jobs].sort((a, b) => b - a)) {
    const end = free.pop() + job;
    last = Math.max(last, end);
    free.push(end);
  }
  return last;
}

module.exports = { Heap, smallest, median, mergeSorted, makespan };
