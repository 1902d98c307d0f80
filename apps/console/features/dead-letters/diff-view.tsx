'use client'
import { unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { readOnlyText } from '../messages/read-only-text.ts'

const theme = EditorView.theme({
  '&': { maxHeight: '100%' },
  '.cm-changedLine, &.cm-merge-b .cm-changedLine': { backgroundColor: 'var(--accent-soft)' },
  '.cm-deletedChunk': { backgroundColor: 'var(--wrong-soft)' },
  '.cm-changedText, &.cm-merge-b .cm-changedText': {
    background: 'none',
    fontWeight: '550',
    textDecoration: 'underline',
  },
  '.cm-deletedText, .cm-deletedChunk .cm-deletedText': { background: 'none', textDecoration: 'line-through' },
  '.cm-deletedLine, .cm-deletedLine del': { textDecoration: 'none' },
  '.cm-collapsedLines': { color: 'var(--muted)', background: 'var(--sunken)' },
})

/** Two texts as one: lines that went are struck, lines that came are marked; what stayed is folded. */
export default function DiffView(props: {
  label: string
  before: string
  after: string
  beforeLabel: string
  afterLabel: string
}) {
  const { label, before, after, beforeLabel, afterLabel } = props
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const parent = host.current
    if (parent === null) return
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: after,
        extensions: [
          readOnlyText(label),
          unifiedMergeView({
            original: before,
            mergeControls: false,
            gutter: false,
            highlightChanges: true,
            collapseUnchanged: { margin: 3, minSize: 6 },
          }),
          theme,
        ],
      }),
    })
    return () => view.destroy()
  }, [before, after, label])
  return (
    <figure className="flex min-h-0 flex-1 flex-col">
      <figcaption className="flex gap-4 px-4 pb-1 text-meta text-muted">
        <span>− {beforeLabel}</span>
        <span>+ {afterLabel}</span>
      </figcaption>
      <div ref={host} className="min-h-0 flex-1 overflow-auto" />
    </figure>
  )
}
