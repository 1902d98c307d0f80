import type { BatchHeader } from '@odradek/protocol'
import type { AbortedTransaction } from '../storage/transaction-index.ts'

/** Follows the transactions of a log as its batches are read in order: which were aborted, of which anything is left. */
export class TransactionTrace {
  /** Aborted transactions by producer, in order. */
  readonly #aborted = new Map<number, AbortedTransaction[]>()
  /** Producers of whose current transaction a batch was seen. */
  readonly #seen = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    for (const transaction of aborted) {
      const known = this.#aborted.get(transaction.producerId)
      if (known === undefined) this.#aborted.set(transaction.producerId, [transaction])
      else known.push(transaction)
    }
  }

  /** Whether a batch of records belongs to an aborted transaction. */
  isAborted(header: BatchHeader): boolean {
    return header.isTransactional && this.#find(header) !== null
  }

  /** Notes a batch of records; whether it belongs to an aborted transaction. */
  observe(header: BatchHeader): boolean {
    if (!header.isTransactional) return false
    this.#seen.add(header.producerId)
    return this.#find(header) !== null
  }

  /**
   * Notes a marker: the transaction it aborted, when it did; `isDone` when nothing of the transaction was there any more,
   * so that the marker may go.
   */
  end(header: BatchHeader): { aborted: AbortedTransaction | null; isDone: boolean } {
    const aborted = this.#find(header)
    return { aborted, isDone: !this.#seen.delete(header.producerId) }
  }

  #find(header: BatchHeader): AbortedTransaction | null {
    const transactions = this.#aborted.get(header.producerId)
    if (transactions === undefined) return null
    const { baseOffset } = header
    return transactions.find((one) => one.firstOffset <= baseOffset && baseOffset <= one.lastOffset) ?? null
  }
}
