/** The newest offset that a journal's file holds of a log, and the log: null where it is not open yet, or gone. */
export interface Holding<L> {
  endOffset: number
  log: L | null
  /** Nobody needs what is held; but a log that gets its name is not to have it. */
  isGone: boolean
}

/** What the journal keeps with each log, so that an entry costs neither a name that is put together nor a look-up. */
export class JournalSlot<L> {
  /** Of the log among the holdings of a file. */
  readonly key: string
  readonly topicIdBytes: Buffer
  /** The holdings that were last added to, and the log's among them. */
  #holdings: Map<string, Holding<L>> | null = null
  #holding: Holding<L> | null = null

  constructor(topicId: string, partition: number) {
    this.key = slotKey(topicId, partition)
    this.topicIdBytes = Buffer.from(topicId, 'base64url')
  }

  /** Among `holdings` is what `log` has below `endOffset`. */
  hold(holdings: Map<string, Holding<L>>, endOffset: number, log: L): void {
    if (this.#holdings !== holdings) {
      this.#holdings = holdings
      this.#holding = addHolding(holdings, this.key, endOffset, log)
    } else if (this.#holding!.endOffset < endOffset) this.#holding!.endOffset = endOffset
  }
}

export function slotKey(topicId: string, partition: number): string {
  return `${topicId}/${partition}`
}

/** Notes what is held under `key`, and of which log. */
export function addHolding<L>(
  holdings: Map<string, Holding<L>>,
  key: string,
  endOffset: number,
  log: L | null,
): Holding<L> {
  let holding = holdings.get(key)
  if (holding === undefined) {
    holding = { endOffset, log, isGone: false }
    holdings.set(key, holding)
    return holding
  }
  holding.endOffset = Math.max(holding.endOffset, endOffset)
  holding.log = log
  return holding
}
