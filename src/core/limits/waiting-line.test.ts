import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { WaitingLine, type Waiter } from './waiting-line.ts';

class Person implements Waiter {
  previousWaiter: Waiter | null = null;
  nextWaiter: Waiter | null = null;
  readonly name: string;
  waitingSinceMs: number;
  constructor(name: string, sinceMs: number) {
    this.name = name;
    this.waitingSinceMs = sinceMs;
  }
}

function lineOf(timeoutMs: number, ...sinceMs: number[]): { line: WaitingLine<Person>; people: Person[] } {
  const line = new WaitingLine<Person>();
  line.timeoutMs = timeoutMs;
  const people = sinceMs.map((since, at) => new Person(String.fromCharCode(97 + at), since));
  for (const person of people) line.push(person);
  return { line, people };
}
function served(line: WaitingLine<Person>, nowMs: number): string {
  let names = '';
  for (let next = line.shift(nowMs); next !== null; next = line.shift(nowMs)) names += next.name;
  return names;
}

describe('order', () => {
  test('oldest first while all is well', () => {
    const { line } = lineOf(100, 0, 10, 20);
    assert.equal(served(line, 50), 'abc');
    assert.equal(line.length, 0);
  });

  test('newest first once the oldest has waited for more than half of its time', () => {
    const { line } = lineOf(100, 0, 10, 20);
    assert.equal(line.peek(51)?.name, 'c');
    assert.ok(line.isStressed);
    assert.equal(served(line, 51), 'cba');
    assert.equal(line.isStressed, false, 'an empty line is not under stress');
  });

  test('back to the oldest when those who waited too long are gone', () => {
    const { line } = lineOf(100, 0, 70, 80, 90);
    assert.equal(line.shift(95)?.name, 'd');
    assert.equal(line.expired(100)?.name, 'a');
    assert.equal(line.expired(100), null);
    assert.equal(line.shift(100)?.name, 'b');
    assert.equal(line.isStressed, false);
  });

  test('without an end of the wait it never turns round', () => {
    const { line } = lineOf(0, 0, 10);
    assert.equal(line.expired(1e9), null);
    assert.equal(served(line, 1e9), 'ab');
  });
});

test('whoever has waited too long is not served', () => {
  const { line } = lineOf(100, 0, 10);
  assert.equal(line.peek(110), null);
  assert.equal(line.shift(110), null);
  assert.equal(line.expired(110)?.name, 'a');
  assert.equal(line.expired(110)?.name, 'b');
  assert.equal(line.length, 0);
});

test('one may leave from anywhere, once, and come back', () => {
  const { line, people } = lineOf(100, 0, 10, 20);
  const [first, middle] = people as [Person, Person, Person];
  assert.equal(line.remove(middle), true);
  assert.equal(line.remove(middle), false);
  assert.equal(line.remove(first), true);
  assert.equal(line.remove(first), false);
  assert.equal(line.remove(new Person('stranger', 0)), false);
  assert.equal(line.length, 1);
  middle.waitingSinceMs = 30;
  line.push(middle);
  assert.equal(served(line, 40), 'cb');
});

test('agrees with a plain list, whatever happens', () => {
  const step = fc.record({
    do: fc.constantFrom('push', 'shift', 'remove', 'expired'),
    pick: fc.nat(20),
    ms: fc.nat(40),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { line } = lineOf(100);
      let model: Person[] = [];
      let nowMs = 0;
      for (const { do: what, pick, ms } of steps) {
        nowMs += ms;
        const late = (person: Person) => nowMs - person.waitingSinceMs >= 100;
        if (what === 'push') {
          const person = new Person(String(nowMs), nowMs);
          line.push(person);
          model.push(person);
        } else if (what === 'remove') {
          const person = model[pick % Math.max(1, model.length)];
          if (person !== undefined) assert.ok(line.remove(person));
          model = model.filter((other) => other !== person);
        } else if (what === 'expired') {
          const gone = line.expired(nowMs);
          assert.equal(gone, model[0] !== undefined && late(model[0]) ? model[0] : null);
          model = model.filter((other) => other !== gone);
        } else {
          const stressed = model[0] !== undefined && nowMs - model[0].waitingSinceMs > 50;
          const next = (stressed ? model.at(-1) : model[0]) ?? null;
          const expected = next !== null && !late(next) ? next : null;
          assert.equal(line.shift(nowMs), expected);
          model = model.filter((other) => other !== expected);
        }
        assert.equal(line.length, model.length);
      }
    }),
  );
});
