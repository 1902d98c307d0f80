/** What flushing has done since the broker started, of all logs of a data directory. */
export class FlushTally {
  /** Calls of fdatasync, and of fsync on directories. */
  syncs = 0
  /** Syncs of the journal among them, and the bytes that it was given. */
  journalSyncs = 0
  journaledBytes = 0
}
