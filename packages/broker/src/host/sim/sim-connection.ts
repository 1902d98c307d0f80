/**
 * One end of a simulated TCP connection. Bytes keep their order; when they come and in what pieces is the seed's choice.
 *
 *   send → queue → (the kernel takes what the window has room for) → on the wire → inbox of the peer → data
 *
 * The window is what is on the wire or unread in the peer's inbox, so a peer that has paused fills the queue.
 */
import type { DiskFile } from '../disk.ts'
import type { Connection, ConnectionHandlers, Insert } from '../network.ts'
import { SimCrash, type SimDeath, type SimLife } from './sim-life.ts'
import type { SimRandom } from './sim-random.ts'
import type { SimWire } from './sim-wire.ts'
import type { SimWorld } from './sim-world.ts'
import { systemError } from './system-error.ts'

const WINDOW_BYTES_MIN = 4 * 1024
const WINDOW_BYTES_MAX = 256 * 1024
const LINGER_MS = 1000
/** What borrowed bytes turn into when they are given back. */
const GIVEN_BACK = 0xdb

interface Piece {
  readonly bytes: Buffer
  start: number
  readonly end: number
  /** Called when this piece, a send's last, has been taken. */
  readonly sent: (() => void) | null
}

export interface SimConnectionEnds {
  readonly localAddress: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
}

export class SimConnection implements Connection {
  readonly localAddress: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
  readonly #world: SimWorld
  readonly #wire: SimWire
  readonly #life: SimLife
  readonly #random: SimRandom
  readonly #windowBytes: number
  readonly #latencyMs: number
  #peer: SimConnection | null = null
  #handlers: ConnectionHandlers | null = null

  #queue: Piece[] = []
  #queuedBytes = 0
  #hasQueued = false
  /** Bytes on the wire or unread at the peer. */
  #unreadBytes = 0
  #lastArrival = 0
  #finishing = false
  #finished = false

  #inbox: Buffer[] = []
  #paused = false
  #deliveryPending = false
  #finArrived = false
  #endedTold = false

  #ending = false
  #gone = false
  #lost = false
  /** What would have gone to the peer while nothing passes in this direction; null while it does. */
  #held: { readonly label: string; readonly run: (peer: SimConnection) => void }[] | null = null

  constructor(world: SimWorld, life: SimLife, random: SimRandom, ends: SimConnectionEnds) {
    this.#world = world
    this.#wire = world.wire
    this.#life = life
    this.#random = random
    this.localAddress = ends.localAddress
    this.remoteAddress = ends.remoteAddress
    this.remotePort = ends.remotePort
    this.localPort = ends.localPort
    this.#windowBytes = Math.floor(random.between(WINDOW_BYTES_MIN, WINDOW_BYTES_MAX))
    this.#latencyMs = random.between(0.02, 0.5)
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers
    this.#planDelivery()
  }

  send(buffer: Buffer, start: number, end: number, inserts: readonly Insert[], sent: () => void): void {
    if (this.#gone || this.#finishing) {
      this.#later('sent', sent)
      return
    }
    let from = start
    for (const { at, range } of inserts) {
      this.#enqueue(buffer, from, at, null)
      from = at
      const file = range.file as DiskFile
      const bytes = Buffer.alloc(range.length)
      const problem = readProblem(file, bytes, range.position)
      if (problem !== null) {
        this.#later('sent', sent)
        this.#drop(problem)
        return
      }
      this.#enqueue(bytes, 0, range.length, null)
    }
    this.#enqueue(buffer, from, end, sent)
    this.#pump()
    if (this.#queuedBytes > 0) this.#hasQueued = true
  }

  pause(): void {
    if (!this.#ending) this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#planDelivery()
  }

  end(): void {
    if (this.#gone || this.#ending) return
    this.#ending = true
    this.shutdown()
    this.resume()
  }

  /** Sends no more, but goes on receiving (half-close): what a client may do and `end` does not. */
  shutdown(): void {
    this.#finishing = true
    this.#pump()
  }

  destroy(): void {
    this.#drop(null)
  }

  /** Cuts the connection: both ends are told, each at its own time. */
  cut(): void {
    for (const end of [this, this.#peer]) {
      if (end === null) continue
      end.#later('cut', () => end.reset(systemError('ECONNRESET', 'read', end.remoteAddress)), end.#delay())
    }
  }

  /** Lets the wire swallow everything from now on, and tells nobody: each end thinks that the other is silent. */
  vanish(): void {
    this.#lost = true
    if (this.#peer !== null) this.#peer.#lost = true
  }

  /** For the wire: what this end sends is lost, and is sent again when `letGo` is called. */
  hold(): void {
    this.#held ??= []
  }

  /** For the wire: what was held back arrives. */
  letGo(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const { label, run } of held) this.#toPeer(label, run)
  }

  /** For the wire: the connection is made. */
  join(peer: SimConnection): void {
    this.#peer = peer
    this.#pump()
  }

  /** For the wire: ends with an error that came from outside. */
  reset(error: Error): void {
    if (!this.#gone) this.#close(error)
  }

  /** For the wire: the process at this end is no more. */
  abandon(death: SimDeath): void {
    if (this.#gone) return
    if (death === 'power' && this.#random.chance(0.5)) this.vanish()
    else this.#leave(death === 'power' || this.#inbox.length > 0)
    this.#gone = true
    this.#wire.remove(this)
  }

  #enqueue(bytes: Buffer, start: number, end: number, sent: (() => void) | null): void {
    this.#queue.push({ bytes, start, end, sent })
    this.#queuedBytes += end - start
  }

  /** Puts on the wire what the window has room for. */
  #pump(): void {
    const peer = this.#peer
    if (peer === null || this.#gone || this.#finished) return
    for (let piece = this.#queue[0]; piece !== undefined; piece = this.#queue[0]) {
      const room = Math.min(piece.end - piece.start, this.#windowBytes - this.#unreadBytes)
      if (room > 0) {
        // The buffer is the sender's again only after `sent`, so it is not copied before it is taken.
        const segment = Buffer.from(piece.bytes.subarray(piece.start, piece.start + this.#piece(room)))
        piece.start += segment.length
        this.#queuedBytes -= segment.length
        this.#unreadBytes += segment.length
        this.#toPeer(`${segment.length} bytes to ${this.remoteAddress}:${this.remotePort}`, (end) =>
          end.#arrive(segment),
        )
      }
      if (piece.start < piece.end) {
        if (this.#unreadBytes >= this.#windowBytes) return
        continue
      }
      this.#queue.shift()
      if (piece.sent !== null) this.#later('sent', piece.sent)
    }
    if (this.#hasQueued) {
      this.#hasQueued = false
      this.#later('drained', () => {
        if (!this.#gone && !this.#ending && this.#queuedBytes === 0) this.#handlers?.drained()
      })
    }
    if (this.#finishing) {
      this.#finished = true
      this.#toPeer(`end to ${this.remoteAddress}:${this.remotePort}`, (end) => {
        end.#finArrived = true
        end.#planDelivery()
      })
      this.#later('linger', () => this.#ending && this.#drop(null), LINGER_MS, 'timer')
      this.#closeIfOver()
    }
  }

  #arrive(segment: Buffer): void {
    if (this.#gone) {
      // Nobody is here any more: the sender learns it.
      this.#leave(true)
      return
    }
    this.#inbox.push(segment)
    this.#planDelivery()
  }

  #planDelivery(): void {
    if (this.#deliveryPending || this.#paused || this.#gone || this.#handlers === null) return
    if (this.#inbox.length === 0 && !(this.#finArrived && !this.#endedTold)) return
    this.#deliveryPending = true
    this.#later('deliver', () => {
      this.#deliveryPending = false
      if (this.#paused || this.#gone) return
      if (this.#inbox.length > 0) this.#deliver()
      else this.#tellEnded()
      this.#planDelivery()
    })
  }

  /** Hands over a piece of the inbox, in the buffer that all connections share. */
  #deliver(): void {
    const { receiveBuffer, receiveView } = this.#wire
    const arrived = this.#inbox.length === 1 ? this.#inbox[0]! : Buffer.concat(this.#inbox)
    const start = this.#random.below(16)
    const count = this.#piece(Math.min(arrived.length, receiveBuffer.length - start))
    arrived.copy(receiveBuffer, start, 0, count)
    this.#inbox = count < arrived.length ? [arrived.subarray(count)] : []
    const peer = this.#peer!
    this.#toPeer(`read ${count}`, () => {
      peer.#unreadBytes -= count
      peer.#pump()
    })
    this.#world.note(this.#life, `received ${count} bytes from ${this.remoteAddress}:${this.remotePort}`)
    try {
      if (!this.#ending) this.#handlers!.data(receiveBuffer, receiveView, start, start + count)
    } finally {
      receiveBuffer.fill(GIVEN_BACK, start, start + count)
    }
  }

  #tellEnded(): void {
    this.#endedTold = true
    if (!this.#ending) this.#handlers!.ended()
    this.#closeIfOver()
  }

  #closeIfOver(): void {
    if (this.#finished && this.#endedTold && !this.#gone) this.#close(null)
  }

  #drop(error: Error | null): void {
    if (this.#gone) return
    this.#leave()
    this.#close(error)
  }

  #close(error: Error | null): void {
    this.#gone = true
    this.#wire.remove(this)
    for (const { sent } of this.#queue) if (sent !== null) this.#later('sent', sent)
    this.#queue = []
    this.#queuedBytes = 0
    this.#inbox = []
    this.#later('closed', () => this.#handlers?.closed(error))
  }

  /** What the kernel tells the peer of an end that is gone: a reset when bytes were left unread, else the end of input. */
  #leave(reset = this.#inbox.length > 0): void {
    if (this.#finished && !reset) return
    this.#finished = true
    if (reset) {
      const error = systemError('ECONNRESET', 'read', this.remoteAddress)
      this.#toPeer('reset', (end) => end.reset(error))
    } else {
      this.#toPeer('end', (end) => {
        end.#finArrived = true
        end.#planDelivery()
      })
    }
  }

  /** Lets something reach the peer after what was sent before. */
  #toPeer(label: string, run: (peer: SimConnection) => void): void {
    const peer = this.#peer
    if (peer === null || this.#lost) return
    if (this.#held !== null) {
      this.#held.push({ label, run })
      return
    }
    this.#lastArrival = Math.max(this.#lastArrival, this.#world.time + this.#delay())
    this.#world.scheduleAt(this.#lastArrival, 'network', label, peer.#life, () => {
      if (!this.#lost) run(peer)
    })
  }

  #later(label: string, run: () => void, delayMs = 0, kind: 'network' | 'timer' = 'network'): void {
    this.#world.schedule(delayMs, kind, label, this.#life, run)
  }

  /** One segment in a hundred is sent again. */
  #delay(): number {
    return this.#latencyMs * this.#random.between(1, 2) + (this.#random.chance(0.01) ? this.#random.between(1, 40) : 0)
  }

  /** How much of `bytes` goes in one piece: mostly all, at times very little. */
  #piece(bytes: number): number {
    const choice = this.#random.below(10)
    if (choice < 7) return bytes
    return 1 + this.#random.below(choice === 7 ? Math.min(bytes, 16) : bytes)
  }
}

/** Fills `bytes` from `position`; returns why that cannot be: the file became shorter, or is gone. */
function readProblem(file: DiskFile, bytes: Buffer, position: number): Error | null {
  try {
    if (file.read(bytes, 0, bytes.length, position) === bytes.length) return null
    return new Error(`${file.path} ends before ${position + bytes.length}, which a response was to send`)
  } catch (error) {
    if (error instanceof SimCrash) throw error
    return error as Error
  }
}
