import { Room, clock, minutes, overlaps, together } from './schedule.ts';

for (let i = 0; i < ROUNDS; i += 1) {
  const rooms = [new Room(), new Room(random(10) * 60, (12 + random(12)) * 60)];
  for (let j = 0; j < 8; j += 1) {
    const room = choice(rooms);
    const [start, length] = [300 + random(60) * 15, random(9) * 15];
    show(() => room.book(choice(['a', 'b', 'c']), start, length));
    if (random(4) === 0) show(() => room.cancel(choice(['a', 'b', 'c'])));
  }
  for (const room of rooms) {
    show(() => room.list());
    show(() => room.free());
    show(() => room.earliest(random(300), random(1_000)));
    show(() => room.usePercent());
  }
  show(() => together(rooms, random(200)));
  show(() => clock(random(1_440)));
  show(() => minutes(`${random(26)}:${random(7)}${random(10)}`));
  const meeting = () => ({ title: '', start: random(9), end: 9 + random(9) });
  show(() => overlaps(meeting(), { title: '', start: random(9), end: random(18) }));
}
