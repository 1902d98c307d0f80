/**
 * The vocabulary of wire messages. A message is a table of fields; the codec is compiled from it (`compile.ts`) and its
 * TypeScript types are inferred, so that a field is written down once.
 *
 * One object shape serves all versions: a field that a version lacks is decoded as its default and is not encoded.
 */
import type { FileRange, Slice } from '../bytes/slice.ts'

export type FieldKind =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'records'
  | 'uuid'
  | 'array'
  | 'struct'

export interface FieldOptions<T = unknown> {
  /** First version that has the field [all]. */
  readonly since?: number
  /** Last version that has the field [all]. */
  readonly until?: number
  /** What a version that lacks the field decodes it as. A field with a default may be left out when encoding. */
  readonly default?: T
  /** Tag number of a tagged field (flexible versions only): it is sent only when it differs from its default. */
  readonly tag?: number
  /** First version in which a nullable field may be null [all]. */
  readonly nullSince?: number
}

/** A field: `Out` is what decoding gives, `In` what encoding takes, `Optional` whether encoding may leave it out. */
export interface Field<Out = unknown, In = Out, Optional extends boolean = boolean> {
  readonly kind: FieldKind
  readonly nullable: boolean
  readonly options: FieldOptions
  /** The element of an array. */
  readonly element?: Field
  /** The fields of a struct. */
  readonly shape?: Shape
  /** Never set: they carry the types. */
  readonly out?: Out
  readonly in?: In
  readonly optional?: Optional
}

// biome-ignore lint/suspicious/noExplicitAny: a table of fields of any type; the types come back by inference.
export type AnyField = Field<any, any, boolean>
export type Shape = { readonly [name: string]: AnyField }

type OutOf<F> = F extends { readonly out?: infer T } ? Exclude<T, undefined> : never
type InOf<F> = F extends { readonly in?: infer T } ? Exclude<T, undefined> : never
type OptionalKeys<S extends Shape> = {
  [K in keyof S]: S[K] extends Field<infer _O, infer _I, true> ? K : never
}[keyof S]

/** What decoding gives: every field is there. */
export type Decoded<S extends Shape> = { -readonly [K in keyof S]: OutOf<S[K]> }
/** What encoding takes: fields with a default may be missing. */
export type Encodable<S extends Shape> = { readonly [K in Exclude<keyof S, OptionalKeys<S>>]: InOf<S[K]> } & {
  readonly [K in OptionalKeys<S>]?: InOf<S[K]> | undefined
}

type HasDefault<O> = O extends { readonly default: unknown } ? true : false

function scalar<T>(kind: FieldKind) {
  return <const O extends FieldOptions<T> = Record<never, never>>(options?: O): Field<T, T, HasDefault<O>> => ({
    kind,
    nullable: false,
    options: options ?? {},
  })
}

export const boolean = scalar<boolean>('boolean')
export const int8 = scalar<number>('int8')
export const int16 = scalar<number>('int16')
export const uint16 = scalar<number>('uint16')
export const int32 = scalar<number>('int32')
export const uint32 = scalar<number>('uint32')
/** A number: exact up to 2^53, nearest beyond. Whoever uses it as an offset asserts `Number.isSafeInteger`. */
export const int64 = scalar<number>('int64')
export const float64 = scalar<number>('float64')
export const string = scalar<string>('string')
/** Decoded as a copy, so that it may be kept. */
export const bytes = scalar<Buffer>('bytes')
/** A UUID in Kafka's text form: 22 characters of unpadded base64url. */
export const uuid = scalar<string>('uuid')

/** Record batches: decoded as a borrowed slice, encoded from a slice or from a range of a file. Always nullable on the wire. */
export function records<const O extends FieldOptions<null> = Record<never, never>>(
  options?: O,
): Field<Slice | null, Slice | FileRange | null, HasDefault<O>> {
  return { kind: 'records', nullable: true, options: options ?? {} }
}

type StructField<S extends Shape, O> = Field<Decoded<S>, Encodable<S>, HasDefault<O>>

/** A nested struct. Where it is nullable, one byte before it says whether it is there (-1 or 1). */
export function struct<const S extends Shape, const O extends FieldOptions = Record<never, never>>(
  shape: S,
  options?: O,
): StructField<S, O> {
  return { kind: 'struct', nullable: false, options: options ?? {}, shape }
}

/** An array of scalars (`array(int32())`) or of structs (`array({ … })`). */
export function array<const F extends AnyField, const O extends FieldOptions = Record<never, never>>(
  element: F & { readonly kind: FieldKind },
  options?: O,
): Field<OutOf<F>[], readonly InOf<F>[], HasDefault<O>>
export function array<const S extends Shape, const O extends FieldOptions = Record<never, never>>(
  shape: S,
  options?: O,
): Field<Decoded<S>[], readonly Encodable<S>[], HasDefault<O>>
export function array(of: AnyField | Shape, options: FieldOptions = {}): AnyField {
  const element = isField(of) ? of : struct(of)
  return { kind: 'array', nullable: false, options, element }
}

/** The same field, null allowed (from `nullSince`). Its options go here: `nullable(string(), { since: 3 })`. */
export function nullable<Out, In, const O extends FieldOptions<NoInfer<In> | null> = Record<never, never>>(
  field: Field<Out, In, boolean>,
  options?: O,
): Field<Out | null, In | null, HasDefault<O>> {
  return { ...(field as Field), nullable: true, options: { ...field.options, ...options } } as Field<
    Out | null,
    In | null,
    HasDefault<O>
  >
}

function isField(of: AnyField | Shape): of is AnyField {
  return typeof (of as { kind?: unknown }).kind === 'string'
}
