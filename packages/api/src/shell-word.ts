/** A word of a shell command: quoted where it must be, so that the command shown can be pasted. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** `odradek …` as one would type it, for this cluster. */
export function odradekCommand(bootstrap: readonly string[], ...words: readonly string[]): string {
  return ['odradek', ...words, '--bootstrap', bootstrap.join(',')].map(shellWord).join(' ')
}
