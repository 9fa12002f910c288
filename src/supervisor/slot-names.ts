/** What makes a backend the same backend in the next plan: its pool, its id and its URL, whatever its weight or tier. */
export function slotName(pool: string, id: string, url: string): string {
  return JSON.stringify([pool, id, url]);
}
