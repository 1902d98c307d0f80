import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BatchHeader, encodeBatch, errors, readBatchHeader, sliceOf } from '@odradek/protocol'
import fc from 'fast-check'
import pino from 'pino'
import { ManualTime } from '../../test/manual-time.ts'
import { MemoryPartition } from '../../test/memory-partition.ts'
import { type Added, TallyMachine, tallyCodec } from '../../test/tally-machine.ts'
import { Turn } from '../host/turn.ts'
import { MachineShell, type MachineShellLimits } from './machine-shell.ts'

type Heard = [errorCode: number, response: number | null]

class Bench {
  readonly time = new ManualTime()
  readonly turn = new Turn(this.time)
  readonly partition = new MemoryPartition(this.turn)
  readonly machines: TallyMachine[] = []
  readonly shell: MachineShell<TallyMachine, Added>
  readonly heard: Heard[] = []
  deadlineMoves = 0

  constructor(limits: Partial<MachineShellLimits> = {}, prepare: (bench: Bench) => void = () => {}) {
    prepare(this)
    this.shell = new MachineShell<TallyMachine, Added>({
      name: 'tally-0',
      partition: this.partition,
      create: () => {
        const machine = new TallyMachine()
        this.machines.push(machine)
        return machine
      },
      codec: tallyCodec,
      clock: this.time,
      timers: this.time,
      turn: this.turn,
      logger: pino({ level: 'silent' }),
      deadlineMoved: () => {
        this.deadlineMoves++
      },
      limits,
    })
    this.shell.load()
    this.time.endTurn()
  }

  get machine(): TallyMachine {
    return this.machines.at(-1)!
  }

  readonly hear = (errorCode: number, response: number | null): void => {
    this.heard.push([errorCode, response])
  }

  add(amount: number, padding = 0): void {
    this.shell.run((machine) => machine.add(amount, padding), this.hear)
  }

  read(): void {
    this.shell.run((machine) => machine.read(), this.hear)
  }

  reach(sum: number): void {
    this.shell.runParked<number>('reach', (machine, _now, token) => machine.reach(sum, token), this.hear)
  }

  /** What has been heard since the last call. */
  listen(): Heard[] {
    return this.heard.splice(0)
  }
}

const LOADING = errors.COORDINATOR_LOAD_IN_PROGRESS.code
const NOT_COORDINATOR = errors.NOT_COORDINATOR.code

describe('answers', () => {
  test('wait until it is certain that nobody else leads, where they are to; others do not wait with them', () => {
    const bench = new Bench()
    bench.partition.isProven = false
    bench.shell.run((machine) => machine.read(), bench.hear, true)
    bench.add(5)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 5]])
    bench.partition.prove()
    assert.deepEqual(bench.listen(), [[0, 0]])
    bench.shell.run((machine) => machine.read(), bench.hear, true)
    bench.time.endTurn()
    bench.partition.prove(errors.NOT_LEADER_OR_FOLLOWER.code)
    assert.deepEqual(bench.listen(), [[NOT_COORDINATOR, null]])
  })

  test('that wait for that proof for too long, or are too many, are told to look elsewhere; the machine stays', () => {
    const bench = new Bench({ proofTimeoutMs: 1_000, unprovenMax: 2 })
    bench.partition.isProven = false
    const readProven = () => bench.shell.run((machine) => machine.read(), bench.hear, true)
    readProven()
    bench.time.advance(600)
    readProven()
    bench.time.advance(300)
    assert.deepEqual(bench.listen(), [])
    readProven()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[NOT_COORDINATOR, null]], 'the third is one too many')
    bench.time.advance(100)
    assert.deepEqual(bench.listen(), [[NOT_COORDINATOR, null]], 'the first waited for a second')
    assert.equal(bench.partition.proofsWaiting, 1)
    bench.time.advance(600)
    assert.deepEqual(bench.listen(), [[NOT_COORDINATOR, null]])
    assert.equal(bench.partition.proofsWaiting, 0)
    readProven()
    bench.time.endTurn()
    bench.partition.prove()
    bench.time.advance(5_000)
    assert.deepEqual(bench.listen(), [[0, 0]])
    assert.equal(bench.machines.length, 1)
  })

  test('come at the end of the turn, when all is committed at once', () => {
    const bench = new Bench()
    bench.add(5)
    assert.deepEqual(bench.listen(), [])
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 5]])
    assert.equal(bench.partition.endOffset, 1)
  })

  test('wait for the high watermark, reads too', () => {
    const bench = new Bench()
    bench.partition.isCommittedAtOnce = false
    bench.add(5)
    bench.time.endTurn()
    bench.read()
    bench.time.endTurn()
    bench.add(1)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [])
    bench.partition.commit(1)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [
      [0, 5],
      [0, 5],
    ])
    bench.partition.commit(2)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 6]])
  })

  test('a turn appends once, and later requests of the turn find the state of the earlier', () => {
    const bench = new Bench()
    bench.add(1)
    bench.add(2)
    bench.read()
    bench.add(3)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [
      [0, 1],
      [0, 3],
      [0, 3],
      [0, 6],
    ])
    assert.equal(bench.partition.batches.length, 1)
    assert.equal(bench.partition.endOffset, 3)
  })

  test('records that are too much for one batch go into several', () => {
    const bench = new Bench({ batchBytesMax: 1_000 })
    for (let count = 0; count < 10; count++) bench.add(1, 300)
    bench.time.endTurn()
    assert.equal(bench.listen().length, 10)
    assert.ok(bench.partition.batches.length >= 4)
    for (const batch of bench.partition.batches) assert.ok(batch.length <= 1_000, `${batch.length} bytes`)
    assert.equal(bench.partition.endOffset, 10)
  })

  test('records carry the wall clock', () => {
    const bench = new Bench()
    bench.add(1)
    bench.time.endTurn()
    const header = new BatchHeader()
    readBatchHeader(sliceOf(bench.partition.batches[0]!).view, 0, header)
    assert.equal(header.maxTimestamp, bench.time.now())
  })
})

describe('a request that waits for another', () => {
  test('is listed, and answered when a later decision completes it and that is committed', () => {
    const bench = new Bench()
    bench.reach(10)
    bench.time.endTurn()
    bench.time.advance(5)
    assert.deepEqual(
      [...bench.shell.parked()].map(({ what, sinceMs }) => [what, sinceMs]),
      [['reach', 1_000]],
    )
    bench.partition.isCommittedAtOnce = false
    bench.add(10)
    bench.time.endTurn()
    assert.equal(bench.shell.parkedCount, 0)
    assert.deepEqual(bench.listen(), [])
    bench.partition.commit()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [
      [0, 10],
      [0, 10],
    ])
  })

  test('does not wait when it need not', () => {
    const bench = new Bench()
    bench.reach(0)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 0]])
    assert.equal(bench.shell.parkedCount, 0)
  })

  test('is refused when too many wait', () => {
    const bench = new Bench({ parkedMax: 2 })
    bench.reach(10)
    bench.reach(10)
    bench.reach(10)
    assert.deepEqual(bench.listen(), [[errors.COORDINATOR_NOT_AVAILABLE.code, null]])
    bench.add(10)
    bench.time.endTurn()
    assert.deepEqual(bench.listen().length, 3)
    bench.reach(20)
    assert.deepEqual(bench.listen(), [])
  })

  test('ends with the leadership', () => {
    const bench = new Bench()
    bench.reach(10)
    bench.add(1)
    bench.shell.close()
    bench.time.endTurn()
    assert.deepEqual(bench.listen().sort(), [
      [NOT_COORDINATOR, null],
      [NOT_COORDINATOR, null],
    ])
    bench.read()
    assert.deepEqual(bench.listen(), [[NOT_COORDINATOR, null]])
    bench.time.advance(10_000)
    assert.equal(bench.machines.length, 1, 'and is not loaded again')
  })
})

describe('loading', () => {
  const filled = (bench: Bench, batches: number) => {
    for (let count = 0; count < batches; count++) {
      const records = [
        { key: 'added', value: '1' },
        { key: 'added', value: '2' },
      ]
      bench.partition.append(sliceOf(encodeBatch({ records })))
    }
  }

  test('replays all there is, one chunk at a time; meanwhile nothing is decided', () => {
    const bench = new Bench({ loadChunkBytes: 200 }, (each) => filled(each, 10))
    bench.read()
    assert.deepEqual(bench.listen(), [[LOADING, null]])
    assert.equal(bench.shell.isActive, false)
    bench.time.advance(0)
    assert.equal(bench.shell.isActive, true)
    bench.read()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 30]])
    assert.equal(bench.machine.loadedAt, 1_000)
  })

  test('goes on where compaction left holes, and begins at the log start', () => {
    const bench = new Bench({}, (each) => {
      filled(each, 4)
      each.partition.batches.splice(1, 1)
      each.partition.startOffset = 1 // within the first batch
      each.partition.batches.pop()
    })
    bench.time.advance(0)
    bench.read()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 2 + 3]])
    bench.add(1)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 6]])
  })

  test('takes what is above the high watermark, but answers only when that is committed', () => {
    const bench = new Bench({}, (each) => {
      each.partition.isCommittedAtOnce = false
      filled(each, 1)
    })
    bench.time.advance(0)
    bench.read()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [])
    bench.partition.commit()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 3]])
  })

  test('passes over records of unknown kind and control batches', () => {
    const bench = new Bench({}, (each) => {
      const strange = [{ key: 'unheard of', value: '1' }, { value: '2' }]
      each.partition.append(sliceOf(encodeBatch({ records: strange })))
      each.partition.append(sliceOf(encodeBatch({ control: true, records: [{ key: 'added', value: '9' }] })))
      filled(each, 1)
    })
    bench.time.advance(0)
    bench.read()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 3]])
  })

  test('that fails is tried again', () => {
    const bench = new Bench({ reloadDelayMs: 100 }, (each) => {
      filled(each, 1)
      each.partition.diskError = new Error('EIO')
    })
    bench.time.advance(99)
    bench.partition.diskError = null
    bench.read()
    assert.deepEqual(bench.listen(), [[LOADING, null]])
    bench.time.advance(1)
    bench.time.advance(0)
    bench.read()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 3]])
  })
})

describe('the machine is dropped and loaded anew', () => {
  test('when the log refuses its records: who was in that turn hears why, who waited to look elsewhere', () => {
    const bench = new Bench({ reloadDelayMs: 100 })
    bench.add(1)
    bench.time.endTurn()
    bench.reach(10)
    bench.time.endTurn()
    bench.listen()
    bench.partition.appendError = errors.NOT_ENOUGH_REPLICAS.code
    bench.add(5)
    bench.read()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [
      [errors.COORDINATOR_NOT_AVAILABLE.code, null],
      [errors.COORDINATOR_NOT_AVAILABLE.code, null],
      [NOT_COORDINATOR, null],
    ])
    bench.read()
    assert.deepEqual(bench.listen(), [[LOADING, null]])
    bench.partition.appendError = errors.NONE.code
    bench.time.advance(100)
    bench.time.advance(0)
    bench.read()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 1]], 'what was not appended is not there')
    assert.equal(bench.machines.length, 2)
  })

  test('when the disk fails under an append', () => {
    const bench = new Bench()
    bench.partition.diskError = new Error('EIO')
    bench.add(5)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[NOT_COORDINATOR, null]])
    assert.equal(bench.shell.isActive, false)
  })

  test('when leadership is lost before its records are committed', () => {
    const bench = new Bench()
    bench.partition.isCommittedAtOnce = false
    bench.add(5)
    bench.time.endTurn()
    bench.reach(10)
    bench.time.endTurn()
    bench.partition.lose(errors.NOT_LEADER_OR_FOLLOWER.code)
    assert.deepEqual(bench.listen(), [
      [NOT_COORDINATOR, null],
      [NOT_COORDINATOR, null],
    ])
    assert.equal(bench.shell.isActive, false)
  })

  test('when it throws: nothing of that turn is appended', () => {
    const bench = new Bench({ reloadDelayMs: 100 })
    bench.add(1)
    bench.shell.run(() => {
      throw new Error('a bug')
    }, bench.hear)
    assert.deepEqual(bench.listen(), [
      [NOT_COORDINATOR, null],
      [errors.UNKNOWN_SERVER_ERROR.code, null],
    ])
    bench.time.endTurn()
    assert.equal(bench.partition.endOffset, 0)
    bench.time.advance(100)
    bench.add(2)
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 2]])
  })
})

describe('deadlines', () => {
  test('are dealt with when they have passed, and complete who waits', () => {
    const bench = new Bench()
    bench.reach(1)
    bench.time.endTurn()
    bench.machine.alarmAt = bench.time.monotonic() + 50
    assert.equal(bench.shell.nextDeadline(), bench.machine.alarmAt)
    bench.shell.tick()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [])
    bench.time.advance(50)
    bench.shell.tick()
    bench.time.endTurn()
    assert.deepEqual(bench.listen(), [[0, 1]])
    assert.equal(bench.partition.endOffset, 1)
    assert.equal(bench.shell.nextDeadline(), Number.POSITIVE_INFINITY)
  })

  test('whoever sets the timer hears when they may have moved', () => {
    const bench = new Bench()
    const before = bench.deadlineMoves
    bench.add(1)
    bench.time.endTurn()
    assert.equal(bench.deadlineMoves, before + 1)
  })
})

test('whatever fails, nothing is answered that the committed log does not say', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('add', 'read', 'reach', 'endTurn', 'advance') },
    { weight: 3, arbitrary: fc.constantFrom('commitOne', 'commitAll') },
    { weight: 1, arbitrary: fc.constantFrom('refuse', 'breakDisk', 'lose', 'bug') },
    { weight: 2, arbitrary: fc.constant('mend') },
  )
  let answered = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const bench = new Bench({ reloadDelayMs: 10, parkedMax: 4 })
      const { partition, time } = bench
      partition.isCommittedAtOnce = false
      let asked = 0
      for (const each of steps) {
        asked += ['add', 'read', 'reach', 'bug'].includes(each) ? 1 : 0
        if (each === 'add') bench.add(1)
        else if (each === 'read') bench.read()
        else if (each === 'reach') bench.reach(partition.endOffset + 2)
        else if (each === 'endTurn') time.endTurn()
        else if (each === 'advance') time.advance(10)
        else if (each === 'commitOne') partition.commit(Math.min(partition.highWatermark + 1, partition.endOffset))
        else if (each === 'commitAll') partition.commit()
        else if (each === 'refuse') partition.appendError = errors.NOT_ENOUGH_REPLICAS.code
        else if (each === 'breakDisk') partition.diskError = new Error('EIO')
        else if (each === 'lose') partition.lose(errors.NOT_LEADER_OR_FOLLOWER.code)
        else if (each === 'bug') {
          bench.shell.run<number>(() => {
            throw new Error('a bug')
          }, bench.hear)
        } else {
          partition.appendError = errors.NONE.code
          partition.diskError = null
        }
        // Every record adds one, so that a sum is the number of records it rests on.
        for (const [errorCode, sum] of bench.listen()) {
          asked--
          if (errorCode !== errors.NONE.code) continue
          answered++
          assert.ok(sum! <= partition.highWatermark, `${sum} was answered at high watermark ${partition.highWatermark}`)
        }
      }
      bench.shell.close()
      partition.lose(errors.NOT_LEADER_OR_FOLLOWER.code)
      time.endTurn()
      assert.equal(bench.listen().length, asked, 'everybody is answered once')
      assert.equal(bench.shell.parkedCount, 0)
    }),
  )
  assert.ok(answered > 100, `${answered} answers`)
})
