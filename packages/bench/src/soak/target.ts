/** What attacks and honest clients work on. */
export interface Target {
  readonly host: string
  readonly port: number
  /** The topic of the honest clients: a partition each. */
  readonly honestTopic: string
  /** A topic that takes what attackers send, and one in which every batch is opened. */
  readonly plainTopic: string
  readonly openedTopic: string
}

/** What an attack did so far, by name of the thing: counts that only grow. */
export type Counts = Record<string, number>

/** One way to be a nuisance. It goes on until `stopped` is aborted, has then closed all it opened, and adds to `counts`. */
export type Attack = (target: Target, stopped: AbortSignal, counts: Counts) => Promise<void>
