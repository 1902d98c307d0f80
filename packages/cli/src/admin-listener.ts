import { type Arguments, CommandError, type Flag } from './command.ts'

/** The flag of every command that asks a broker's admin listener. */
export const adminFlags = {
  admin: { type: 'string', value: 'HOST:PORT', doc: "The broker's admin listener [127.0.0.1:9644]." },
} as const satisfies Record<string, Flag>

/**
 * Asks the admin listener of the flags for `path`, or sends it `order`. What it refuses, or that it is away, ends as one line for
 * a person.
 */
export async function askAdmin<T>(args: Arguments, path: string, order?: object): Promise<T> {
  const address = args.text('admin') ?? '127.0.0.1:9644'
  const init = order === undefined ? {} : { method: 'POST', body: JSON.stringify(order) }
  let response: Response
  try {
    response = await fetch(`http://${address}${path}`, init)
  } catch (error) {
    const { cause } = error as { cause?: Error }
    throw new CommandError(
      `cannot ask the admin listener at ${address}: ${cause?.message ?? (error as Error).message}. Is a broker running there (admin.listener)?`,
    )
  }
  const body = (await response.json().catch(() => null)) as (T & { readonly error?: string }) | null
  if (!response.ok || body === null)
    throw new CommandError(`the admin listener at ${address} answers ${response.status}: ${body?.error ?? 'no JSON'}`)
  return body
}
