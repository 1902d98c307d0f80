/** Defaults as source text, fresh objects and arrays each time they are evaluated. `EMPTY` is a Buffer without bytes. */
import type { AnyField, Shape } from './fields.ts'

/** What a field decodes as where it is not sent: its own default, or Kafka's for its kind (null if it is nullable). */
export function defaultSource(field: AnyField): string {
  const given = field.options.default
  return given === undefined ? kindDefault(field) : literal(field, given)
}

function kindDefault(field: AnyField): string {
  if (field.nullable) return 'null'
  switch (field.kind) {
    case 'boolean':
      return 'false'
    case 'string':
      return "''"
    case 'bytes':
      return 'EMPTY'
    case 'uuid':
      return 'ZERO_UUID'
    case 'array':
      return '[]'
    case 'struct':
      return structLiteral(field.shape!, {})
    case 'records':
      return 'null'
    default:
      return '0'
  }
}

function literal(field: AnyField, value: unknown): string {
  if (value === null) return 'null'
  switch (field.kind) {
    case 'array':
      return `[${(value as unknown[]).map((element) => literal(field.element!, element)).join(', ')}]`
    case 'struct':
      return structLiteral(field.shape!, value as Record<string, unknown>)
    case 'bytes':
      if ((value as Uint8Array).length > 0) throw new Error('a byte array can only be empty by default')
      return 'EMPTY'
    default:
      return JSON.stringify(value)
  }
}

function structLiteral(shape: Shape, value: Record<string, unknown>): string {
  const members = Object.entries(shape).map(([name, field]) => {
    const given = value[name]
    return `${JSON.stringify(name)}: ${given === undefined ? defaultSource(field) : literal(field, given)}`
  })
  return `{ ${members.join(', ')} }`
}
