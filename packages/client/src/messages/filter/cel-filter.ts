import { CelScalar, celEnv, celFunc, isCelError, parse, plan } from '@bufbuild/cel'
import type { RecordCursor } from '@odradek/protocol'
import type { DecoderName } from '../decoders/decoder-names.ts'
import { decodePayload } from '../decoders/payload.ts'
import type { SchemaCache } from '../decoders/schemas.ts'
import type { FieldTree } from '../json/field-tree.ts'
import { skipSpace } from '../json/json-bytes.ts'
import { evaluationProblem, parseProblem } from './cel-problems.ts'
import { namedFields } from './named-fields.ts'

/** An expression that cannot be used; the message says where. */
export class FilterError extends Error {
  /** Column in the expression from 1, or 0 where none is to blame. */
  readonly column: number

  constructor(message: string, column = 0) {
    super(message)
    this.name = 'FilterError'
    this.column = column
  }
}

export interface Decoders {
  readonly key: DecoderName
  readonly value: DecoderName
}

const EXPRESSION_LENGTH_MAX = 8_192
const VARIABLES = [
  'key',
  'value',
  'headers',
  'topic',
  'partition',
  'offset',
  'timestamp',
  'size',
  'keyText',
  'valueText',
] as const

/** What CEL itself gives a meaning to. */
const TYPE_NAMES = new Set('int uint double bool string bytes list map null_type type google'.split(' '))

const { INT, DOUBLE } = CelScalar

/** Arithmetic of whole numbers with fractions: JSON does not tell 3 from 3.0, so a filter must not mind. */
const mixedArithmetic = [
  ...mixed('_+_', (one, other) => one + other),
  ...mixed('_-_', (one, other) => one - other),
  ...mixed('_*_', (one, other) => one * other),
  ...mixed('_/_', (one, other) => one / other),
]

function mixed(name: string, calculate: (one: number, other: number) => number) {
  return [
    celFunc(name, [INT, DOUBLE], DOUBLE, (one, other) => calculate(Number(one), other)),
    celFunc(name, [DOUBLE, INT], DOUBLE, (one, other) => calculate(one, Number(other))),
  ]
}

const env = celEnv({ funcs: mixedArithmetic })

/**
 * A CEL expression, planned once and asked per record. Of a JSON payload only the fields that it names are parsed; nothing
 * of what a user writes is run as code. Regular expressions take linear time.
 */
export class CelFilter {
  readonly #evaluate: (bindings: Record<string, unknown>) => unknown
  readonly #wanted: ReadonlyMap<string, FieldTree>
  readonly #decoders: Decoders
  readonly #schemas: SchemaCache
  readonly #bindings: Record<string, unknown> = {}
  /** Records that could not be decided, such as those without a field that is named. They do not match. */
  undecided = 0
  /** Why the first of them could not. */
  firstProblem: string | null = null

  /** @throws FilterError where the expression is none, or names what a message does not have */
  constructor(expression: string, decoders: Decoders, schemas: SchemaCache) {
    if (expression.length > EXPRESSION_LENGTH_MAX) {
      throw new FilterError(`An expression has at most ${EXPRESSION_LENGTH_MAX} characters`)
    }
    try {
      const parsed = parse(expression)
      this.#wanted = namedFields(parsed.expr!)
      for (const name of this.#wanted.keys()) {
        if (!VARIABLES.some((known) => known === name) && !TYPE_NAMES.has(name)) {
          throw new FilterError(`A message has no "${name}". It has ${VARIABLES.join(', ')}`)
        }
      }
      this.#evaluate = plan(env, parsed) as (bindings: Record<string, unknown>) => unknown
    } catch (error) {
      throw filterErrorOf(error, expression)
    }
    this.#decoders = decoders
    this.#schemas = schemas
  }

  /**
   * Whether the record at `cursor` matches. Throws SchemaWanted where its payload needs a schema that is not loaded yet.
   */
  matches(cursor: RecordCursor, topic: string, partition: number): boolean {
    const bindings = this.#bindings
    for (const name of VARIABLES) {
      const tree = this.#wanted.get(name)
      if (tree !== undefined) bindings[name] = this.#variable(name, tree, cursor, topic, partition)
    }
    const result = this.#evaluate(bindings)
    if (result === true) return true
    if (result !== false) this.#undecided(result)
    return false
  }

  #undecided(result: unknown): void {
    this.undecided++
    this.firstProblem ??= isCelError(result)
      ? evaluationProblem(result.message)
      : `The expression gives ${typeof result === 'bigint' ? 'int' : typeof result}, not true or false`
  }

  #variable(
    name: (typeof VARIABLES)[number],
    tree: FieldTree,
    cursor: RecordCursor,
    topic: string,
    partition: number,
  ): unknown {
    const { buffer, keyStart, keyEnd, valueStart, valueEnd } = cursor
    switch (name) {
      case 'key':
        return this.#payload(buffer, keyStart, keyEnd, this.#decoders.key, tree)
      case 'value':
        return this.#payload(buffer, valueStart, valueEnd, this.#decoders.value, tree)
      case 'keyText':
        return keyStart < 0 ? null : buffer.toString('utf8', keyStart, keyEnd)
      case 'valueText':
        return valueStart < 0 ? null : buffer.toString('utf8', valueStart, valueEnd)
      case 'headers':
        return new Map(cursor.headers().map(({ key, value }) => [key, value === null ? null : value.toString('utf8')]))
      case 'topic':
        return topic
      case 'partition':
        return BigInt(partition)
      case 'offset':
        return BigInt(cursor.offset)
      case 'timestamp':
        return timestampOf(cursor.timestamp)
      case 'size':
        return BigInt(Math.max(0, keyEnd - keyStart) + Math.max(0, valueEnd - valueStart))
      default:
        return name satisfies never
    }
  }

  #payload(buffer: Buffer, start: number, end: number, decoder: DecoderName, tree: FieldTree): unknown {
    if (start < 0) return null
    if (decoder === 'auto' || decoder === 'json') {
      const at = skipSpace(buffer, start, end)
      const first = at < end ? buffer[at] : 0
      if (first === 0x7b || first === 0x5b) {
        try {
          return tree.extract(buffer, at, end)
        } catch {
          // Not JSON after all: read as whatever it is.
        }
      }
    }
    const decoded = decodePayload(buffer.subarray(start, end), decoder, this.#schemas)
    return celValue(decoded.value)
  }
}

/** Whole numbers of decoders that do not tell them from doubles become ints, as those of JSON are. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value ?? null
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(celValue)
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value)
  return new Map(Array.from(entries, ([name, field]) => [String(name), celValue(field)]))
}

function timestampOf(ms: number) {
  const seconds = Math.floor(ms / 1000)
  return { $typeName: 'google.protobuf.Timestamp', seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 }
}

function filterErrorOf(error: unknown, expression: string): FilterError {
  if (error instanceof FilterError) return error
  const message = error instanceof Error ? error.message : String(error)
  const place = /^<input>:(\d+):(\d+): (.*)$/s.exec(message)
  if (place === null) return new FilterError(message)
  const [, line, column, said] = place
  const found = /^found (.+?) but expecting /s.exec(said!)?.[1]
  const lines = expression.split('\n').slice(Number(line) - 1)
  const rest = lines.join('\n').slice(Number(column) - 1)
  const problem = found === undefined ? said : parseProblem(found, rest)
  return new FilterError(`${problem} (line ${line}, column ${column})`, Number(column))
}
