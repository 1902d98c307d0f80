import type { FileRange } from '@odradek/protocol'

/** A range of a file (`range.file` is a `DiskFile`) that goes out before the buffer's byte at `at`. In ascending order. */
export interface Insert {
  readonly at: number
  readonly range: FileRange
}

export interface ConnectionHandlers {
  /** Bytes came in. They are borrowed: keep none of `buffer` after returning. `view` covers `buffer`. */
  data(buffer: Buffer, view: DataView, start: number, end: number): void
  /** The peer will send no more (half-closed). */
  ended(): void
  /** Bytes were left queued by a `send`, and now all have left for the kernel. */
  drained(): void
  /** The connection is gone, once; with the error that ended it, if one did. */
  closed(error: Error | null): void
}

export interface Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  /** Bytes handed to `send` that the kernel has not taken yet. */
  readonly queuedBytes: number
  /** Begins delivery. Called once, before returning from the listener's callback. */
  start(handlers: ConnectionHandlers): void
  /**
   * Sends `buffer[start, end)` with file ranges put in between. The buffer is the connection's until `sent` is called:
   * once, never before `send` returns, and also when the connection is gone or ending. A file that has become too short
   * for its range ends the connection with an error.
   */
  send(buffer: Buffer, start: number, end: number, inserts: readonly Insert[], sent: () => void): void
  /** Stops reading, so that the peer feels back-pressure. */
  pause(): void
  resume(): void
  /** Closes after all that was sent: nothing more is delivered, and a peer that does not close too is left after a while. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export interface Listener {
  readonly host: string
  /** The real port, also where 0 was asked for. */
  readonly port: number
  /** Stops listening; connections stay. */
  close(): Promise<void>
}

export interface Network {
  /** Listens on a TCP address. Rejects with the system's error (`EADDRINUSE` …). */
  listen(address: { host: string; port: number }, accept: (connection: Connection) => void): Promise<Listener>
  /**
   * A connection to whoever listens there. `start` it at once: where nobody does, it closes with the system's error
   * (`ECONNREFUSED` …). What is sent before it is made waits for that.
   */
  connect(address: { host: string; port: number }): Connection
}
