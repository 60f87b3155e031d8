import assert from 'node:assert';
import { beforeEach, test } from 'node:test';
import { Conflict, Room, clock, minutes, overlaps, together } from '../schedule.ts';

let room = new Room();

beforeEach(() => {
  room = new Room();
  room.book('standup', minutes('9:00'), 15);
  room.book('review', minutes('13:30'), 90);
});

test('times', () => {
  assert.equal(minutes('8:05'), 485);
  assert.equal(minutes('24:00'), 1440);
  assert.equal(clock(485), '08:05');
});

test('what is no time', () => {
  for (const text of ['8', '8:5', 'x']) assert.throws(() => minutes(text), SyntaxError);
  for (const text of ['25:00', '8:60', '24:01']) assert.throws(() => minutes(text), RangeError);
});

test('overlaps', () => {
  const meeting = (start: number, end: number) => ({ title: '', start, end });
  assert.ok(overlaps(meeting(0, 10), meeting(9, 12)));
  assert.ok(overlaps(meeting(0, 10), meeting(3, 4)));
  assert.ok(!overlaps(meeting(0, 10), meeting(10, 12)));
  assert.ok(!overlaps(meeting(10, 12), meeting(0, 10)));
});

test('books in order', () => {
  room.book('lunch', minutes('12:00'), 60);
  assert.deepStrictEqual(room.list(), ['09:00-09:15 standup', '12:00-13:00 lunch', '13:30-15:00 review']);
});

test('a conflict names the other', () => {
  const caught = (() => {
    try {
      room.book('late', minutes('14:00'), 30);
    } catch (error) {
      return error;
    }
  })();
  assert.ok(caught instanceof Conflict);
  assert.equal(caught.other.title, 'review');
});

test('closed', () => {
  assert.throws(() => room.book('early', minutes('7:59'), 10), RangeError);
  assert.throws(() => room.book('late', minutes('17:30'), 31), RangeError);
  assert.throws(() => room.book('none', minutes('10:00'), 0), RangeError);
  assert.equal(room.book('last', minutes('17:30'), 30).end, minutes('18:00'));
});

test('cancels', () => {
  assert.ok(room.cancel('standup'));
  assert.ok(!room.cancel('standup'));
  assert.equal(room.list().length, 1);
});

test('free', () => {
  assert.deepStrictEqual(room.free(), [[480, 540], [555, 810], [900, 1080]]);
  room.book('first', minutes('8:00'), 60);
  assert.deepStrictEqual(room.free()[0], [555, 810]);
});

test('earliest', () => {
  assert.equal(room.earliest(60), minutes('8:00'));
  assert.equal(room.earliest(90), minutes('9:15'));
  assert.equal(room.earliest(60, minutes('13:00')), minutes('15:00'));
  assert.equal(room.earliest(300), null);
});

test('use', () => {
  assert.equal(room.usePercent(), 18);
  assert.equal(new Room().usePercent(), 0);
});

test('together', () => {
  const other = new Room(minutes('9:00'), minutes('16:00'));
  other.book('busy', minutes('9:00'), 180);
  assert.equal(together([room, other], 60), minutes('12:00'));
  assert.equal(together([room, other], 100), null);
});
