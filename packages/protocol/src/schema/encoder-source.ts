/** Writes the body of an encoder; `compile.ts` shows what comes out. */
import { defaultSource } from './default-source.ts'
import type { AnyField, Shape } from './fields.ts'
import { fixedBytes, isNullable, type Layout, plainFields, taggedFields } from './wire-layout.ts'

/** The source of `(w, value) => void`, for a function that also sees EMPTY, ZERO_UUID, setInt64, setUuid and wrong. */
export function encoderSource(shape: Shape, layout: Layout): string {
  const encoder = new EncoderSource(layout)
  encoder.struct(shape, 'value', layout.message)
  return ["'use strict'", 'return function encode(w, value) {', 'let v, p = 0', ...encoder.lines, '}'].join('\n')
}

class EncoderSource {
  readonly lines: string[] = []
  readonly #layout: Layout
  #names = 0

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** Emits the writing of the struct that the expression `from` gives. `path` names it in errors. */
  struct(shape: Shape, from: string, path: string): void {
    const plain = plainFields(shape, this.#layout)
    let run: { field: AnyField; value: string }[] = []
    for (const [name, field] of plain) {
      const value = this.#take(field, `${from}.${name}`, `${path}.${name}`)
      if (fixedBytes(field.kind) > 0) {
        run.push({ field, value })
      } else {
        this.#fixed(run)
        run = []
        this.#variable(field, value, `${path}.${name}`)
      }
    }
    this.#fixed(run)
    if (this.#layout.flexible) this.#tags(shape, from, path)
  }

  /** Emits the taking of a field out of its object, its default for undefined, and the check of its type. */
  #take(field: AnyField, from: string, path: string): string {
    const value = this.#fresh()
    if (field.options.default === undefined) {
      this.lines.push(`const ${value} = ${from}`)
    } else {
      this.lines.push(`let ${value} = ${from}`, `if (${value} === undefined) ${value} = ${defaultSource(field)}`)
    }
    this.#check(field, value, path)
    return value
  }

  #check(field: AnyField, value: string, path: string): void {
    const wrong = wrongType(field, value)
    const test = isNullable(field, this.#layout) ? `${value} !== null && (${wrong})` : wrong
    this.lines.push(`if (${test}) throw wrong(${JSON.stringify(path)}, ${this.#layout.version}, ${value})`)
  }

  /** Neighbours of fixed size: room is made once for all of them. */
  #fixed(run: { field: AnyField; value: string }[]): void {
    if (run.length === 0) return
    const total = run.reduce((sum, { field }) => sum + fixedBytes(field.kind), 0)
    this.lines.push(`p = w.claim(${total})`, 'v = w.view')
    let offset = 0
    for (const { field, value } of run) {
      this.lines.push(fixedWrite(field, offset === 0 ? 'p' : `p + ${offset}`, value))
      offset += fixedBytes(field.kind)
    }
  }

  #variable(field: AnyField, value: string, path: string): void {
    const compact = this.#layout.flexible
    const canBeNull = isNullable(field, this.#layout)
    switch (field.kind) {
      case 'string':
        this.lines.push(call(compact, canBeNull, 'String', value))
        break
      case 'bytes':
        this.lines.push(call(compact, canBeNull, 'Bytes', value))
        break
      case 'records':
        this.lines.push(call(compact, false, 'Records', value))
        break
      case 'array':
        this.#orNull(canBeNull, value, compact ? 'w.unsignedVarint(0)' : 'w.int32(-1)', () =>
          this.#array(field.element!, value, path),
        )
        break
      case 'struct':
        this.#orNull(canBeNull, value, 'w.int8(-1)', () => {
          if (canBeNull) this.lines.push('w.int8(1)')
          this.struct(field.shape!, value, path)
        })
        break
      default:
        this.#fixed([{ field, value }])
    }
  }

  #orNull(canBeNull: boolean, value: string, writeNull: string, write: () => void): void {
    if (canBeNull) this.lines.push(`if (${value} === null) {`, writeNull, '} else {')
    write()
    if (canBeNull) this.lines.push('}')
  }

  #array(element: AnyField, array: string, path: string): void {
    const index = this.#fresh()
    const compact = this.#layout.flexible
    this.lines.push(compact ? `w.unsignedVarint(${array}.length + 1)` : `w.int32(${array}.length)`)
    this.lines.push(`for (let ${index} = 0; ${index} < ${array}.length; ${index}++) {`)
    const value = this.#fresh()
    this.lines.push(`const ${value} = ${array}[${index}]`)
    this.#check(element, value, `${path}[]`)
    this.#variable(element, value, `${path}[]`)
    this.lines.push('}')
  }

  /** The tag section: only fields that differ from their default. */
  #tags(shape: Shape, from: string, path: string): void {
    const tagged = taggedFields(shape, this.#layout).map(([name, field]) => {
      if (holdsRecords(field)) throw new Error(`${path}.${name}: record batches cannot be tagged`)
      const value = this.#fresh()
      const sent = this.#fresh()
      this.lines.push(`let ${value} = ${from}.${name}`)
      this.lines.push(`if (${value} === undefined) ${value} = ${defaultSource(field)}`)
      this.#check(field, value, `${path}.${name}`)
      this.lines.push(`const ${sent} = ${differs(field, value, this.#layout)}`)
      return { name, field, value, sent }
    })
    if (tagged.length === 0) {
      this.lines.push('w.unsignedVarint(0)')
      return
    }
    this.lines.push(`w.unsignedVarint(${tagged.map(({ sent }) => `(${sent} ? 1 : 0)`).join(' + ')})`)
    for (const { name, field, value, sent } of tagged) {
      const mark = this.#fresh()
      this.lines.push(`if (${sent}) {`, `const ${mark} = w.beginTagged(${field.options.tag})`)
      this.#variable(field, value, `${path}.${name}`)
      this.lines.push(`w.endTagged(${mark})`, '}')
    }
  }

  #fresh(): string {
    return `x${this.#names++}`
  }
}

/** The writer's method for a form of a kind: `string`, `nullableString`, `compactString`, `compactNullableString`. */
function call(compact: boolean, canBeNull: boolean, kind: string, value: string): string {
  const name = `${compact ? 'Compact' : ''}${canBeNull ? 'Nullable' : ''}${kind}`
  return `w.${name.charAt(0).toLowerCase()}${name.slice(1)}(${value})`
}

/** A condition: `value` is of a type the field cannot be, null and undefined included. */
function wrongType(field: AnyField, value: string): string {
  switch (field.kind) {
    case 'boolean':
      return `typeof ${value} !== 'boolean'`
    case 'string':
    case 'uuid':
      return `typeof ${value} !== 'string'`
    case 'bytes':
    case 'records':
    case 'array':
    case 'struct':
      return `typeof ${value} !== 'object' || ${value} === null`
    default:
      return `typeof ${value} !== 'number'`
  }
}

/** A condition: `value`, of the right type, is not the default of its field. */
function differs(field: AnyField, value: string, layout: Layout): string {
  const given = field.options.default
  const nullByDefault = given === null || (given === undefined && field.nullable)
  if (nullByDefault) return `${value} !== null`
  const byContent = contentDiffers(field, value, layout)
  return isNullable(field, layout) ? `${value} === null || ${byContent}` : byContent
}

function contentDiffers(field: AnyField, value: string, layout: Layout): string {
  switch (field.kind) {
    case 'bytes':
      return `${value}.length !== 0`
    case 'array':
      if (((field.options.default as unknown[] | undefined) ?? []).length > 0) {
        throw new Error(`${layout.message}: a tagged array can only be empty by default`)
      }
      return `${value}.length !== 0`
    case 'struct': {
      const given = (field.options.default ?? {}) as Record<string, unknown>
      const members = [...plainFields(field.shape!, layout), ...taggedFields(field.shape!, layout)]
      const tests = members.map(([name, inner]) => {
        const options = given[name] === undefined ? inner.options : { ...inner.options, default: given[name] }
        const member = `${value}.${name}`
        return `(${member} !== undefined && (${differs({ ...inner, options }, member, layout)}))`
      })
      return tests.join(' || ') || 'false'
    }
    default:
      return `${value} !== ${defaultSource(field)}`
  }
}

function holdsRecords(field: AnyField): boolean {
  if (field.kind === 'records') return true
  if (field.element !== undefined) return holdsRecords(field.element)
  return field.shape !== undefined && Object.values(field.shape).some(holdsRecords)
}

function fixedWrite(field: AnyField, at: string, value: string): string {
  switch (field.kind) {
    case 'boolean':
      return `v.setInt8(${at}, ${value} ? 1 : 0)`
    case 'int8':
      return `v.setInt8(${at}, ${value})`
    case 'int16':
      return `v.setInt16(${at}, ${value})`
    case 'uint16':
      return `v.setUint16(${at}, ${value})`
    case 'int32':
      return `v.setInt32(${at}, ${value})`
    case 'uint32':
      return `v.setUint32(${at}, ${value})`
    case 'int64':
      return `setInt64(v, ${at}, ${value})`
    case 'float64':
      return `v.setFloat64(${at}, ${value})`
    case 'uuid':
      return `setUuid(w.buffer, ${at}, ${value})`
    default:
      throw new Error(`${field.kind} has no fixed size`)
  }
}
