import { syntaxTree } from '@codemirror/language'
import type { EditorState } from '@codemirror/state'

type SyntaxNode = ReturnType<ReturnType<typeof syntaxTree>['resolveInner']>

/** A field of a JSON text: the path to it, names and indexes, and its value as it is written. */
export interface JsonField {
  readonly path: readonly (string | number)[]
  readonly text: string
  /** Whether it is one value, not an object or a list. */
  readonly isScalar: boolean
}

/** The field at a position, or null where there is none. Nothing is parsed into numbers: what is written is what is given. */
export function fieldAt(state: EditorState, position: number): JsonField | null {
  let node: SyntaxNode | null = syntaxTree(state).resolveInner(position, -1)
  while (node !== null && node.name !== 'Property' && node.parent?.name !== 'Array') node = node.parent
  if (node === null) return null
  const value = node.name === 'Property' ? node.lastChild : node
  if (value === null) return null
  const path: (string | number)[] = []
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) {
    if (at.name === 'Property') path.unshift(nameOf(state, at))
    else if (at.parent?.name === 'Array') path.unshift(indexOf(at))
  }
  const isScalar = value.name !== 'Object' && value.name !== 'Array'
  return { path, text: state.sliceDoc(value.from, value.to), isScalar }
}

function nameOf(state: EditorState, property: SyntaxNode): string {
  const name = property.getChild('PropertyName')
  if (name === null) return ''
  const text = state.sliceDoc(name.from, name.to)
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

function indexOf(node: SyntaxNode): number {
  let index = 0
  for (let before = node.prevSibling; before !== null; before = before.prevSibling) {
    if (before.name !== '[' && before.name !== ',' && before.name !== '⚠') index++
  }
  return index
}
