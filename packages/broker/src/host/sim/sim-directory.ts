/**
 * A simulated directory: the names the page cache has, the names the device has, and the changes in between, in order.
 * After a power failure a prefix of the changes is there. A change is one step even where it touches two names, or two
 * directories: then it is in both or in neither.
 */
import { PagedFile } from './paged-file.ts'
import type { SimRandom } from './sim-random.ts'

export type SimNode = SimDirectory | PagedFile

interface Change {
  /** Names and what they lead to after it; null where the name is gone. */
  readonly names: readonly (readonly [name: string, node: SimNode | null])[]
  /** The other directory's half of the same step. */
  twin: { readonly directory: SimDirectory; readonly change: Change } | null
}

export class SimDirectory {
  readonly entries = new Map<string, SimNode>()
  readonly #durable = new Map<string, SimNode>()
  readonly #pending: Change[] = []

  /** Lets `name` lead to `node`, or to nothing. */
  set(name: string, node: SimNode | null): void {
    this.#change([[name, node]])
  }

  /** Moves `name` to `toName` in `target`, over what is there. */
  move(name: string, target: SimDirectory, toName: string): void {
    const node = this.entries.get(name)!
    if (target === this) {
      this.#change([
        [name, null],
        [toName, node],
      ])
      return
    }
    const taken = this.#change([[name, null]])
    const put = target.#change([[toName, node]])
    taken.twin = { directory: target, change: put }
    put.twin = { directory: this, change: taken }
  }

  /** This and all that its names lead to. */
  *below(): Iterable<SimNode> {
    yield this
    for (const node of this.entries.values()) {
      if (node instanceof SimDirectory) yield* node.below()
      else yield node
    }
  }

  /** Makes the names durable. */
  sync(): void {
    this.beginSync()()
  }

  /** Begins a sync: what is returned ends it, and covers the names as they are now. */
  beginSync(): () => void {
    const last = this.#pending.at(-1)
    return () => {
      if (last !== undefined) this.#syncThrough(last)
    }
  }

  /** All nodes that a name here leads to, or led to when the device last heard. */
  #known(): Set<SimNode> {
    const nodes = new Set([...this.entries.values(), ...this.#durable.values()])
    for (const change of this.#pending) for (const [, node] of change.names) if (node !== null) nodes.add(node)
    return nodes
  }

  /** The tree that is found below this root after a power failure. */
  afterPowerLoss(random: SimRandom, survival: number): SimDirectory {
    const kept = this.#keptBelow(random, survival)
    const copies = new Map<SimNode, SimNode>()
    const copy = (node: SimNode): SimNode => {
      const known = copies.get(node)
      if (known !== undefined) return known
      if (node instanceof PagedFile) {
        const file = node.afterPowerLoss(random, survival)
        copies.set(node, file)
        return file
      }
      const names = new Map(node.#durable)
      for (const change of node.#pending.slice(0, kept.get(node)!)) applyTo(names, change)
      const directory = new SimDirectory()
      copies.set(node, directory)
      for (const [name, child] of names) directory.set(name, copy(child))
      directory.sync()
      return directory
    }
    return copy(this) as SimDirectory
  }

  #change(names: Change['names']): Change {
    const change: Change = { names, twin: null }
    for (const [name, node] of names) {
      const replaced = this.entries.get(name)
      if (replaced instanceof PagedFile) replaced.links--
      if (node instanceof PagedFile) node.links++
    }
    applyTo(this.entries, change)
    this.#pending.push(change)
    return change
  }

  /** How many changes survive in each directory from here down: by the seed, then fewer until no step survives by half. */
  #keptBelow(random: SimRandom, survival: number): Map<SimDirectory, number> {
    const kept = new Map<SimDirectory, number>()
    const visit = (directory: SimDirectory) => {
      if (kept.has(directory)) return
      let count = 0
      while (count < directory.#pending.length && random.chance(survival)) count++
      kept.set(directory, count)
      for (const node of directory.#known()) if (node instanceof SimDirectory) visit(node)
    }
    visit(this)
    for (let changed = true; changed; ) {
      changed = false
      for (const [directory, count] of kept) {
        for (const { twin } of directory.#pending.slice(count)) {
          if (twin === null) continue
          const index = twin.directory.#pending.indexOf(twin.change)
          if (index >= (kept.get(twin.directory) ?? 0)) continue
          kept.set(twin.directory, index)
          changed = true
        }
      }
    }
    return kept
  }

  #syncThrough(change: Change): void {
    const index = this.#pending.indexOf(change)
    for (const done of this.#pending.splice(0, index + 1)) {
      applyTo(this.#durable, done)
      if (done.twin !== null) done.twin.directory.#syncThrough(done.twin.change)
    }
  }
}

function applyTo(names: Map<string, SimNode>, change: Change): void {
  for (const [name, node] of change.names) {
    if (node === null) names.delete(name)
    else names.set(name, node)
  }
}
