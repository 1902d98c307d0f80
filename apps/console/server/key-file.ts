/** The file of the key that seals what must not be read in a cluster: beside the users, `console-users.json` has `console-users.key`. */
export function keyFileBeside(users: string): string {
  return `${users.replace(/\.json$/, '')}.key`
}
