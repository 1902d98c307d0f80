import { EditorState, type Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { pageNonce } from '../../lib/page-nonce.ts'

const theme = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--text)', fontSize: '12px' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-geist-mono), monospace', lineHeight: '18px' },
})

/** What every text to read is: not written in, reached by the keyboard, wrapped, in the console's own look. */
export function readOnlyText(label: string): Extension {
  return [
    EditorView.cspNonce.of(pageNonce()),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': label, 'aria-readonly': 'true' }),
    EditorView.lineWrapping,
    theme,
  ]
}
