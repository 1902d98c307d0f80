'use client'
import { json } from '@codemirror/lang-json'
import { bracketMatching, foldGutter, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import { fieldAt, type JsonField } from './json-path.ts'
import { readOnlyText } from './read-only-text.ts'

const theme = EditorView.theme({
  '&': { height: '100%' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--muted)', border: 'none' },
  '.cm-content': { caretColor: 'var(--accent)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--hover)', border: 'none', color: 'var(--muted)' },
})

// Names stand out by weight; one colour for what is no text. Contrast is that of the tokens.
const highlight = HighlightStyle.define([
  { tag: tags.propertyName, fontWeight: '550' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--text)' },
  { tag: [tags.punctuation, tags.separator, tags.bracket], color: 'var(--muted)' },
])

/** A payload to read: only what is in view is drawn, whatever its size. Tells which field the cursor is in. */
export default function CodeView(props: {
  text: string
  label: string
  isJson: boolean
  onField?(field: JsonField | null): void
}) {
  const { text, label, isJson, onField } = props
  const host = useRef<HTMLDivElement>(null)
  const tell = useRef(onField)
  tell.current = onField
  useEffect(() => {
    const parent = host.current
    if (parent === null) return
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          readOnlyText(label),
          EditorView.updateListener.of((update) => {
            if (update.selectionSet) tell.current?.(fieldAt(update.state, update.state.selection.main.head))
          }),
          drawSelection(),
          keymap.of([]),
          theme,
          syntaxHighlighting(highlight),
          ...(isJson ? [json(), lineNumbers(), foldGutter(), bracketMatching()] : []),
        ],
      }),
    })
    return () => view.destroy()
  }, [text, label, isJson])
  return <div ref={host} className="min-h-0 flex-1 overflow-hidden" />
}
