/** A box of messages for each replica. */
export interface MailStore {
  /** Puts `text` into a replica's box. False: it is full, for nobody empties it. */
  send(replica: string, text: string): Promise<boolean>;
  /** The oldest message for this replica, waited for up to a few seconds; null: none came. */
  receive(replica: string): Promise<string | null>;
  /** Gives a connection up that does not answer, for a new one. */
  renew(): void;
}
