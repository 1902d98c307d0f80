/** `odradek …` as one would type it for this cluster; a word is quoted where the shell would read it otherwise. */
export function odradekCommand(bootstrap: readonly string[], ...words: readonly string[]): string {
  return ['odradek', ...words, '--bootstrap', bootstrap.join(',')].map(shellWord).join(' ')
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
