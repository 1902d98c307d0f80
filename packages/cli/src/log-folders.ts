import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { CommandError } from './command.ts'

/** `<topic>-<partition>`. */
const LOG_FOLDER = /^.+-\d+$/
const SEGMENT = /^\d{20}\.log$/

/**
 * The partition directories that a path means: itself, or when it is a data directory those in it, by name.
 * @throws CommandError when there is none
 */
export function logFolders(path: string): string[] {
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
  if (names.some((name) => SEGMENT.test(name)) || names.includes('partition.metadata')) return [path]
  const folders = names
    .filter((name) => LOG_FOLDER.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  if (folders.length > 0) return folders.map((name) => join(path, name))
  throw new CommandError(`${path} is neither a partition's directory (like greetings-0) nor a data directory with any`)
}

/** `greetings-0` of a path, for titles. */
export function logName(folder: string): string {
  return basename(resolve(folder))
}
