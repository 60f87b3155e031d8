/** Rooms and meetings within a day, in minutes from midnight. */

export interface Meeting {
  readonly title: string;
  readonly start: number;
  readonly end: number;
}

export class Conflict extends Error {
  readonly other: Meeting;

  constructor(other: Meeting) {
    super(`conflicts with ${other.title}`);
    this.other = other;
  }
}

const DAY = 24 * 60;

export function minutes(text: string): number {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (!match) throw new SyntaxError(`no time: ${text}`);
  const hours = Number(match[1]);
  const rest = Number(match[2]);
  if (hours > 24 || rest > 59 || hours * 60 + rest > DAY) throw new RangeError(`no time: ${text}`);
  return hours * 60 + rest;
}

export function clock(time: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(time / 60))}:${two(time % 60)}`;
}

export function overlaps(one: Meeting, other: Meeting): boolean {
  return one.start < other.end && other.start < one.end;
}

export class Room {
  private readonly meetings: Meeting[] = [];
  readonly opens: number;
  readonly closes: number;

  constructor(opens = 8 * 60, closes = 18 * 60) {
    this.opens = opens;
    this.closes = closes;
  }

  book(title: string, start: number, length: number): Meeting {
    const meeting = { title, start, end: start + length };
    if (length <= 0) throw new RangeError('a meeting takes some time');
    if (meeting.start < this.opens || meeting.end > this.closes) {
      throw new RangeError('the room is closed then');
    }
    const other = this.meetings.find((one) => overlaps(one, meeting));
    if (other) throw new Conflict(other);
    this.meetings.push(meeting);
    this.meetings.sort((a, b) => a.start - b.start);
    return meeting;
  }

  cancel(title: string): boolean {
    const index = this.meetings.findIndex((one) => one.title === title);
    if (index < 0) return false;
    this.meetings.splice(index, 1);
    return true;
  }

  list(): string[] {
    return this.meetings.map((one) => `${clock(one.start)}-${clock(one.end)} ${one.title}`);
  }

  /** The times between meetings, from opening to closing. */
  free(): Array<[number, number]> {
    const gaps: Array<[number, number]> = [];
    let at = this.opens;
    for (const meeting of this.meetings) {
      if (meeting.start > at) gaps.push([at, meeting.start]);
      at = meeting.end;
    }
    if (at < this.closes) gaps.push([at, this.closes]);
    return gaps;
  }

  /** When a meeting of that length can begin at the earliest, not before `from`. */
  earliest(length: number, from = this.opens): number | null {
    for (const [start, end] of this.free()) {
      const begin = Math.max(start, from);
      if (begin + length <= end) return begin;
    }
    return null;
  }

  usePercent(): number {
    const used = this.meetings.reduce((sum, one) => sum + one.end - one.start, 0);
    return Math.round((100 * used) / (this.closes - this.opens));
  }
}

/** The earliest time at which all rooms are free for so long. */
export function together(rooms: Room[], length: number): number | null {
  let at: number | null = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const room of rooms) {
      const next: number | null = room.earliest(length, at);
      if (next === null) return null;
      if (next > at) {
        at = next;
        changed = true;
      }
    }
  }
  return at;
}
