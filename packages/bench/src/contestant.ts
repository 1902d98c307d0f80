/** A server that gets the same load as the others. */
export interface Contestant {
  readonly name: 'broker' | 'reference' | 'peer'
  readonly host: string
  readonly port: number
  /** Its processes, whose CPU and memory are counted. */
  readonly pids: readonly number[]
}
