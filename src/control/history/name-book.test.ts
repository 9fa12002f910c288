import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NameBook, OTHER, OTHER_ID } from './name-book.ts';

test('a name keeps its number, and a full book calls further ones by one name', () => {
  const book = new NameBook(2);
  const [a, b, c] = ['app/a', 'app/b', 'app/c'].map((name) => book.idOf(name));
  assert.deepEqual([a, b, c], [1, 2, OTHER_ID]);
  assert.equal(book.idOf('app/a'), a);
  assert.deepEqual(
    [a!, b!, c!, 99].map((id) => book.nameOf(id)),
    ['app/a', 'app/b', OTHER, OTHER],
  );
});

test('what is not used any more makes room, and says that numbers have moved', () => {
  const book = new NameBook(2);
  const a = book.idOf('app/a');
  const b = book.idOf('app/b');
  const { generation } = book;
  book.forget((id) => id === b);
  assert.notEqual(book.generation, generation);
  assert.equal(book.idOf('app/c'), a);
  assert.equal(book.nameOf(a), 'app/c');
  assert.equal(book.nameOf(b), 'app/b');
  assert.equal(book.idOf('app/a'), OTHER_ID);
});

test('no number has two names, and none is over the maximum, whatever came from a file', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const entry = fc.tuple(fc.oneof(fc.integer({ min: -1, max: 8 }), fc.double()), name);
  fc.assert(
    fc.property(fc.array(entry), fc.array(name), fc.func(fc.boolean()), (entries, asked, isUsed) => {
      const book = new NameBook(5);
      book.become(entries);
      for (const one of asked) book.idOf(one);
      book.forget(isUsed);
      const kept = new Map(book.entries());
      for (const one of asked) {
        const id = book.idOf(one);
        assert.ok(id >= 0 && id <= 5);
        assert.equal(book.nameOf(id), id === OTHER_ID ? OTHER : one);
      }
      for (const [id, before] of kept) assert.equal(book.nameOf(id), before);
      assert.equal(new Set([...book.entries()].map(([, text]) => text)).size, book.size);
      assert.ok(book.size <= 5);
    }),
  );
});
