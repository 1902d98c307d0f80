/** Writes the body of a decoder; `compile.ts` shows what comes out. */
import { defaultSource } from './default-source.ts'
import type { AnyField, Shape } from './fields.ts'
import { bytesMin, fixedBytes, isNullable, isPresent, type Layout, plainFields, taggedFields } from './wire-layout.ts'

/** An array is made with room for this many elements at once; beyond, it grows as the bytes prove it right. */
const ELEMENTS_AHEAD_MAX = 1024

/** The source of `(r) => value`, for a function that also sees EMPTY, ZERO_UUID, int64At, uuidAt and locate. */
export function decoderSource(shape: Shape, layout: Layout): string {
  const decoder = new DecoderSource(layout)
  const value = decoder.struct(shape)
  return [
    "'use strict'",
    'return function decode(r) {',
    'try {',
    'const v = r.view',
    'let p = 0',
    ...decoder.lines,
    `return ${value}`,
    `} catch (error) { throw locate(error, ${JSON.stringify(`${layout.message} v${layout.version}`)}) }`,
    '}',
  ].join('\n')
}

class DecoderSource {
  readonly lines: string[] = []
  readonly #layout: Layout
  #names = 0

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** Emits the reading of a struct and returns the literal made of what was read. */
  struct(shape: Shape): string {
    const values = new Map<string, string>()
    const plain = plainFields(shape, this.#layout)
    for (let index = 0; index < plain.length; ) {
      const run = fixedRun(plain, index)
      if (run === 0) {
        const [name, field] = plain[index++]!
        values.set(name, this.#variable(field))
      } else {
        this.#fixed(plain.slice(index, index + run), values)
        index += run
      }
    }
    if (this.#layout.flexible) this.#tags(shape, values)
    const members = Object.entries(shape).map(
      ([name, field]) =>
        `${JSON.stringify(name)}: ${isPresent(field, this.#layout) ? values.get(name)! : defaultSource(field)}`,
    )
    return `{ ${members.join(', ')} }`
  }

  /** Neighbours of fixed size: one check of the bytes left for all of them. */
  #fixed(fields: [string, AnyField][], values: Map<string, string>): void {
    const total = fields.reduce((sum, [, field]) => sum + fixedBytes(field.kind), 0)
    this.lines.push(`p = r.take(${total})`)
    let offset = 0
    for (const [name, field] of fields) {
      values.set(name, this.#name(fixedRead(field, offset === 0 ? 'p' : `p + ${offset}`)))
      offset += fixedBytes(field.kind)
    }
  }

  /** Emits the reading of a field and returns the name of its value. */
  #variable(field: AnyField): string {
    const compact = this.#layout.flexible
    const canBeNull = isNullable(field, this.#layout)
    switch (field.kind) {
      case 'string':
        return this.#name(call(compact, canBeNull, 'String'))
      case 'bytes':
        return this.#name(call(compact, canBeNull, 'Bytes'))
      case 'records':
        return this.#name(call(compact, false, 'Records'))
      case 'array':
        return this.#array(field.element!, canBeNull)
      case 'struct':
        return canBeNull ? this.#nullableStruct(field.shape!) : this.#name(this.struct(field.shape!))
      default:
        this.lines.push(`p = r.take(${fixedBytes(field.kind)})`)
        return this.#name(fixedRead(field, 'p'))
    }
  }

  #array(element: AnyField, canBeNull: boolean): string {
    const least = Math.max(1, bytesMin(element, this.#layout))
    const count = this.#name(call(this.#layout.flexible, canBeNull, 'ArrayCount', String(least)))
    const array = this.#fresh()
    const index = this.#fresh()
    const made = `${count} <= ${ELEMENTS_AHEAD_MAX} ? new Array(${count}) : []`
    this.lines.push(canBeNull ? `const ${array} = ${count} < 0 ? null : ${made}` : `const ${array} = ${made}`)
    const size = fixedBytes(element.kind)
    if (size > 0) {
      // A null array has no elements to step over.
      this.lines.push(`p = r.take(${canBeNull ? `Math.max(${count}, 0)` : count} * ${size})`)
      this.lines.push(`for (let ${index} = 0; ${index} < ${count}; ${index}++, p += ${size}) {`)
      this.lines.push(`${array}[${index}] = ${fixedRead(element, 'p')}`)
    } else {
      this.lines.push(`for (let ${index} = 0; ${index} < ${count}; ${index}++) {`)
      const value =
        element.kind === 'struct' && !isNullable(element, this.#layout)
          ? this.struct(element.shape!)
          : this.#variable(element)
      this.lines.push(`${array}[${index}] = ${value}`)
    }
    this.lines.push('}')
    return array
  }

  #nullableStruct(shape: Shape): string {
    const name = this.#fresh()
    this.lines.push(`let ${name} = null`, 'if (r.structFollows()) {')
    const value = this.struct(shape)
    this.lines.push(`${name} = ${value}`, '}')
    return name
  }

  /** The tag section: known fields are read within their size, others are stepped over. */
  #tags(shape: Shape, values: Map<string, string>): void {
    const tagged = taggedFields(shape, this.#layout)
    if (tagged.length === 0) {
      this.lines.push('r.skipTags()')
      return
    }
    for (const [name, field] of tagged) {
      const value = this.#fresh()
      this.lines.push(`let ${value} = ${defaultSource(field)}`)
      values.set(name, value)
    }
    const count = this.#fresh()
    const tag = this.#fresh()
    const outer = this.#fresh()
    this.lines.push(`for (let ${count} = r.unsignedVarint(), ${tag} = -1; ${count} > 0; ${count}--) {`)
    this.lines.push(`${tag} = r.tag(${tag})`, `switch (${tag}) {`)
    for (const [name, field] of tagged) {
      this.lines.push(`case ${field.options.tag}: {`, `const ${outer} = r.beginTagged()`)
      const value = this.#variable(field)
      this.lines.push(`${values.get(name)} = ${value}`, `r.endTagged(${outer})`, 'break', '}')
    }
    this.lines.push('default: r.skipTagged()', '}', '}')
  }

  #name(expression: string): string {
    const name = this.#fresh()
    this.lines.push(`const ${name} = ${expression}`)
    return name
  }

  #fresh(): string {
    return `x${this.#names++}`
  }
}

/** How many fields from `index` on have a fixed size. */
function fixedRun(fields: [string, AnyField][], index: number): number {
  let end = index
  while (end < fields.length && fixedBytes(fields[end]![1].kind) > 0) end++
  return end - index
}

/** The reader's method for a form of a kind: `string`, `nullableString`, `compactString`, `compactNullableString`. */
function call(compact: boolean, canBeNull: boolean, kind: string, argument = ''): string {
  const name = `${compact ? 'Compact' : ''}${canBeNull ? 'Nullable' : ''}${kind}`
  return `r.${name.charAt(0).toLowerCase()}${name.slice(1)}(${argument})`
}

function fixedRead(field: AnyField, at: string): string {
  switch (field.kind) {
    case 'boolean':
      return `v.getInt8(${at}) !== 0`
    case 'int8':
      return `v.getInt8(${at})`
    case 'int16':
      return `v.getInt16(${at})`
    case 'uint16':
      return `v.getUint16(${at})`
    case 'int32':
      return `v.getInt32(${at})`
    case 'uint32':
      return `v.getUint32(${at})`
    case 'int64':
      return `int64At(v, ${at})`
    case 'float64':
      return `v.getFloat64(${at})`
    case 'uuid':
      return `uuidAt(r.buffer, v, ${at})`
    default:
      throw new Error(`${field.kind} has no fixed size`)
  }
}
