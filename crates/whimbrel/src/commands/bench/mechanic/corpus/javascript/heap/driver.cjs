const { Heap, smallest, median, mergeSorted, makespan } = require('./heap.js');

const some = (most) => Array.from({ length: random(most) }, () => random(30));
for (let i = 0; i < ROUNDS; i += 1) {
  const values = some(12);
  show(() => smallest(values, random(14)));
  show(() => median(values));
  show(() => mergeSorted([some(5), some(5), some(5)].map((list) => list.sort((a, b) => a - b))));
  show(() => makespan(some(9), random(4)));
  show(() => {
    const heap = new Heap((a, b) => b - a);
    const seen = [];
    for (const value of some(15)) {
      if (value % 3 === 0) seen.push(heap.pop());
      heap.push(value);
      seen.push(heap.peek(), heap.size);
    }
    return seen;
  });
}
