/** What a worker answers when it is asked for the requests that it has recorded. */
import type { BookQuery, DecisionBook } from '#observe/decision-book.ts';
import { withoutPicks } from '#observe/decision-record.ts';
import type { FoundRequests } from './messages.ts';

/** A list is told in short, one request with all that is known. `book` null: nothing is recorded. */
export function foundRequests(book: DecisionBook | null, query: BookQuery): FoundRequests {
  const found = book?.find(query) ?? [];
  return { records: 'id' in query ? found : found.map(withoutPicks) };
}
