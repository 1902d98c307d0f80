/** Odradek: a flat star-shaped spool for thread, with a crossbar. */
export function Logo() {
  return (
    <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden className="shrink-0">
      <path
        d="M16 5v22M6.5 10.5l19 11M25.5 10.5l-19 11"
        stroke="var(--accent)"
        strokeWidth="2.6"
        strokeLinecap="round"
        fill="none"
      />
      <circle cx="16" cy="16" r="4" fill="var(--page)" stroke="var(--accent)" strokeWidth="2.2" />
    </svg>
  )
}
