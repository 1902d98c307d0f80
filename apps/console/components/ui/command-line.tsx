import { Copy } from './copy.tsx'

/** The command that does the same in a shell. */
export function CommandLine({ label, command }: { label: string; command: string }) {
  return (
    <div className="flex items-start gap-2 rounded-control border bg-sunken py-1 pr-1 pl-2.5">
      <span className="sr-only">{label}</span>
      <code className="min-w-0 flex-1 whitespace-pre-wrap break-words py-0.5 font-mono text-meta">{command}</code>
      <Copy text={command} />
    </div>
  )
}
