/** What a version makes of a table: which fields it has, which may be null, how small they can be on the wire. */
import type { AnyField, FieldKind, Shape } from './fields.ts'

/** A message and a version, as far as a field's encoding depends on them. */
export interface Layout {
  readonly message: string
  readonly version: number
  /** Compact lengths and tag sections. */
  readonly flexible: boolean
}

/** Whether the version sends the field, tagged or not. */
export function isPresent(field: AnyField, layout: Layout): boolean {
  const { since = 0, until = Number.POSITIVE_INFINITY, tag } = field.options
  return layout.version >= since && layout.version <= until && (tag === undefined || layout.flexible)
}

/** Whether the field may be null in the version. */
export function isNullable(field: AnyField, layout: Layout): boolean {
  return field.nullable && layout.version >= (field.options.nullSince ?? 0)
}

/** The fields that the version sends one after the other, in table order. */
export function plainFields(shape: Shape, layout: Layout): [name: string, field: AnyField][] {
  return Object.entries(shape).filter(([, field]) => field.options.tag === undefined && isPresent(field, layout))
}

/** The fields that the version sends in the tag section, by ascending tag. */
export function taggedFields(shape: Shape, layout: Layout): [name: string, field: AnyField][] {
  const tagged = Object.entries(shape).filter(
    ([, field]) => field.options.tag !== undefined && isPresent(field, layout),
  )
  tagged.sort(([, a], [, b]) => a.options.tag! - b.options.tag!)
  for (const [index, [name, field]] of tagged.entries()) {
    if (index > 0 && tagged[index - 1]![1].options.tag === field.options.tag) {
      throw new Error(`${layout.message}: tag ${field.options.tag} of ${name} is taken`)
    }
  }
  return tagged
}

/** The bytes of a kind that always has the same number of them, else 0. */
export function fixedBytes(kind: FieldKind): number {
  switch (kind) {
    case 'boolean':
    case 'int8':
      return 1
    case 'int16':
    case 'uint16':
      return 2
    case 'int32':
    case 'uint32':
      return 4
    case 'int64':
    case 'float64':
      return 8
    case 'uuid':
      return 16
    case 'string':
    case 'bytes':
    case 'records':
    case 'array':
    case 'struct':
      return 0
    default:
      return kind satisfies never
  }
}

/** The fewest bytes a present field takes: what a count is held against before it is believed. */
export function bytesMin(field: AnyField, layout: Layout): number {
  switch (field.kind) {
    case 'string':
      return layout.flexible ? 1 : 2
    case 'bytes':
    case 'records':
    case 'array':
      return layout.flexible ? 1 : 4
    case 'struct':
      return isNullable(field, layout) ? 1 : structBytesMin(field.shape!, layout)
    default:
      return fixedBytes(field.kind)
  }
}

function structBytesMin(shape: Shape, layout: Layout): number {
  const tagSection = layout.flexible ? 1 : 0
  return plainFields(shape, layout).reduce((sum, [, field]) => sum + bytesMin(field, layout), tagSection)
}
