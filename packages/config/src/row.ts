/**
 * The shape of a configuration table: one row per key. Types, parsing, DescribeConfigs, `odradek config` and
 * docs/configuration.md all derive from the rows, so that a key is written down once.
 */

/** When a new value takes effect: at once per topic, at once for the whole broker, when the broker starts next, or never: it is told only. */
export type Mutable = 'topic' | 'broker' | 'restart' | 'never'

/** What a number counts. In files and flags it may be written with a suffix: `500ms`, `7d`, `1GiB`. */
export type Unit = 'ms' | 'minutes' | 'hours' | 'bytes'

interface RowBase {
  /** One or two sentences for someone who sets the key: what it does, and what its special values mean. */
  readonly doc: string
  readonly mutable: Mutable
  /** The broker key whose value holds while a topic does not set this one. */
  readonly from?: string
  /** This key is another spelling of that one; its value times `factor` is used unless an earlier spelling is set. */
  readonly standsFor?: string
  readonly factor?: number
  /** The value is never shown. */
  readonly sensitive?: boolean
}

export interface BooleanRow extends RowBase {
  readonly type: 'boolean'
  readonly default: boolean
}

/** int is 32 bit, long is 64 bit (numbers are safe to 2^53, and `LONG_MAX`), double is a fraction. */
export interface NumberRow extends RowBase {
  readonly type: 'int' | 'long' | 'double'
  readonly default: number
  readonly min?: number
  readonly max?: number
  readonly unit?: Unit
}

export interface StringRow extends RowBase {
  readonly type: 'string'
  readonly default: string
  /** Returns what is wrong with the value, to be read after the key's name, or null. */
  readonly check?: (value: string) => string | null
}

export interface ListRow extends RowBase {
  readonly type: 'list'
  readonly default: readonly string[]
  /** The only items allowed, when given. */
  readonly values?: readonly string[]
  readonly minItems?: number
  /** Returns what is wrong with one item, to be read after the key's name, or null. */
  readonly check?: (item: string) => string | null
}

export interface EnumRow extends RowBase {
  readonly type: 'enum'
  readonly default: string
  readonly values: readonly string[]
}

export type Row = BooleanRow | NumberRow | StringRow | ListRow | EnumRow
export type Table = { readonly [key: string]: Row }
export type Value = boolean | number | string | readonly string[]

/** The TypeScript type of a row's value. */
export type ValueOf<R> = R extends { type: 'boolean' }
  ? boolean
  : R extends { type: 'int' | 'long' | 'double' }
    ? number
    : R extends { type: 'list' }
      ? readonly string[]
      : R extends { type: 'enum'; values: readonly (infer V)[] }
        ? V
        : string

/** The TypeScript type of a table's values: one property per key, without the keys that only stand for another. */
export type ConfigOf<T> = {
  readonly [K in keyof T as T[K] extends { standsFor: string } ? never : K]: ValueOf<T[K]>
}

/** Declares a table; the rows keep their literal types, so that `ConfigOf` can infer from them. */
export function table<const T extends Table>(rows: T): T {
  return rows
}
