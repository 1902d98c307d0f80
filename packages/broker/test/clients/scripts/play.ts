/** `play.ts MODULE SCENE BOOTSTRAP …` plays one scene, a conversation of a client with a broker, in a process of its own. */

/** Plays a scene against the broker at `bootstrap`; rejects where the broker does not do its part. */
export type Scene = (bootstrap: string, argument?: string) => Promise<void>

if (import.meta.main) {
  const [module, name, bootstrap, argument] = process.argv.slice(2) as [string, string, string, string?]
  const { scenes } = (await import(module)) as { scenes: Readonly<Record<string, Scene>> }
  const scene = scenes[name]
  if (!scene) throw new Error(`${module} has no scene "${name}"`)
  await scene(bootstrap, argument)
  // Nothing may be left that keeps the process alive: what is not closed is found by the timeout.
  process.stdout.write(`played ${name}\n`)
}
