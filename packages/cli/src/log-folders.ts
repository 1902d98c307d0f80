import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CommandError } from './command.ts'

/** `<topic>-<partition>`. */
const LOG_FOLDER = /^.+-\d+$/
const SEGMENT = /^\d{20}\.log$/
const SEGMENT_PART = /^\d{20}\.|^leader-epoch-checkpoint|^damaged\.json$/

/**
 * The partition directories that a path means: itself, or when it is a data directory those in it, by name.
 * @throws CommandError when there is none
 */
export function logFolders(path: string): string[] {
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR' && existsSync(path))
      throw new CommandError(`${path} is a file: name the partition's directory, ${dirname(path)}`)
    throw new CommandError(`cannot read ${path}: ${code}`)
  }
  if (isLog(names)) return [path]
  const folders = names
    .filter((name) => LOG_FOLDER.test(name) && mayBeLog(join(path, name)))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  if (folders.length > 0) return folders.map((name) => join(path, name))
  throw new CommandError(`${path} is neither a partition's directory (like greetings-0) nor a data directory with any`)
}

function isLog(names: readonly string[]): boolean {
  return names.some((name) => SEGMENT.test(name)) || names.includes('partition.metadata')
}

/** Whether a folder with such a name is no folder of something else: it may have lost all that it had. */
function mayBeLog(folder: string): boolean {
  try {
    const names = readdirSync(folder)
    return names.length === 0 || isLog(names) || names.some((name) => SEGMENT_PART.test(name))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOTDIR'
  }
}

/** `greetings-0` of a path, for titles. */
export function logName(folder: string): string {
  return basename(resolve(folder))
}
