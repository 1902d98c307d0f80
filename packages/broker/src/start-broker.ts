import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Listener, parseBrokerConfig, parseHostAndPort, resolveBrokerConfig } from '@odradek/config'
import { type Logger, pino } from 'pino'
import type { AdminListener, AdminSources } from './admin/admin-listener.ts'
import { Broker } from './broker.ts'
import { BrokerCore } from './broker-core.ts'
import type { Host } from './host/host.ts'
import { createNodeHost } from './host/node/node-host.ts'
import { JournalError } from './metadata/journal-error.ts'
import { StoreError } from './metadata/store.ts'
import { StoreAddressError } from './metadata/store-address-error.ts'
import { StartError } from './start-error.ts'
import type { LogDirectories } from './storage/log-directories.ts'
import { LogDirectoryError } from './storage/log-directory-error.ts'

export interface StartOptions {
  /** Where the data is [`log.dirs` of the settings, or else a temporary directory that is removed when the broker closes]. */
  readonly dataDir?: string | readonly string[]
  /** Settings by key, as in a configuration file [those of docs/configuration.md, but for the defaults below]. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
  /** Port on 127.0.0.1 [0: any free one]. Settings with `listeners` have their own. */
  readonly port?: number
  /** [silent] */
  readonly logger?: Logger
  /** The machine to run on [this one]: simulations bring their own. */
  readonly host?: Host
}

/** Temporary data is gone soon: that a laptop's disk is rather full is no reason to refuse it. */
const temporaryDiskTexts = {
  'disk.expire.above.percent': '98',
  'disk.force.above.percent': '98',
  'disk.refuse.above.percent': '98',
  'disk.refuse.internal.above.percent': '99',
}

/**
 * Starts a broker in this process and resolves when it serves. Without options it listens on a free port of 127.0.0.1,
 * keeps its data in a temporary directory (and takes records until the disk is 98 % full), has no admin listener and lets a
 * group's first members start at once.
 *
 * Throws a StartError, whose message says what to do, where the configuration is refused, the data directory is in use, or
 * a listener cannot be bound.
 */
export async function startBroker(options: StartOptions = {}): Promise<Broker> {
  const given = Object.fromEntries(Object.entries(options.config ?? {}).map(([key, value]) => [key, String(value)]))
  const isNamed = given['log.dir'] !== undefined || given['log.dirs'] !== undefined
  const isTemporary = options.dataDir === undefined && !isNamed
  const texts = {
    ...(isTemporary && !Object.keys(given).some((key) => key.startsWith('disk.')) ? temporaryDiskTexts : {}),
    ...(given.listeners === undefined ? { listeners: `PLAINTEXT://127.0.0.1:${options.port ?? 0}` } : {}),
    ...(given['admin.listener'] === undefined ? { 'admin.listener': '' } : {}),
    ...(given['group.initial.rebalance.delay.ms'] === undefined ? { 'group.initial.rebalance.delay.ms': '0' } : {}),
    ...given,
  }
  const parsed = parseBrokerConfig(texts)
  if (parsed.errors.length > 0) throw new StartError(parsed.errors.map(({ text }) => text).join('\n'))
  const config = resolveBrokerConfig({ static: parsed.texts })
  const logger = options.logger ?? pino({ level: 'silent' })
  const host = options.host ?? createNodeHost()
  const named = options.dataDir ?? (isNamed ? config['log.dirs'] : undefined)
  const dataDirs = typeof named === 'string' ? [named] : (named ?? [await mkdtemp(join(tmpdir(), 'odradek-'))])
  if (dataDirs.length === 0 || dataDirs.includes(''))
    throw new StartError('dataDir must name at least one directory, and none may be empty.')
  const dataDir = dataDirs[0]!
  const removeData = async () => {
    if (isTemporary) await rm(dataDir, { recursive: true, force: true })
  }
  let core: BrokerCore | null = null
  let admin = null as AdminListener | null
  let stopMetrics = () => {}
  const adminAddress = parseHostAndPort(config['admin.listener'])
  const show = async (sources: AdminSources) => {
    const { openAdminListener } = await import('./admin/admin-listener.ts')
    if (admin === null) admin = await openAdminListener(adminAddress!, sources)
    else admin.show(sources)
  }
  // No timer or listener of the broker keeps a process alive while it starts.
  const alive = setInterval(() => {}, 1000)
  try {
    const recovering = async (directories: LogDirectories) => {
      if (!adminAddress) return
      const { startingSources } = await import('./admin/starting-sources.ts')
      await show(startingSources(directories, config['node.id']))
      logger.info({ admin: admin?.address }, 'The admin listener tells how far the start is.')
    }
    core = await BrokerCore.open({ host, dataDirs, config, texts: parsed.texts, logger, recovering })
    const opened = core
    if (adminAddress) {
      const { Metrics } = await import('./admin/metrics.ts')
      const { adminRoutes } = await import('./admin/admin-routes.ts')
      const metrics = new Metrics(opened)
      stopMetrics = () => metrics.close()
      await show({
        health: () => opened.health(),
        metrics: () => metrics.scrape(),
        routes: adminRoutes(opened),
      })
    }
    const listeners: readonly Listener[] = await core.listen()
    return new Broker({ core, listeners, dataDirs, admin, afterClose: removeData, stopMetrics })
  } catch (error) {
    stopMetrics()
    await admin?.close()
    await core?.close()
    await removeData()
    throw startError(error as NodeJS.ErrnoException & { address?: string; port?: number }, dataDir)
  } finally {
    clearInterval(alive)
  }
}

/** Says what to do about the errors that an operator can mend. */
function startError(error: NodeJS.ErrnoException & { address?: string; port?: number }, dataDir: string): Error {
  if (error instanceof LogDirectoryError || error instanceof JournalError || error instanceof StoreAddressError)
    return new StartError(error.message, { cause: error })
  if (error instanceof StoreError && error.code === 'UNAVAILABLE')
    return new StartError(`${error.message}. Start it, or correct metadata.store.`, { cause: error })
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `${error.address}:${error.port} is in use by another process. Stop that, or choose another port (listeners, admin.listener).`,
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
      return new StartError(`${error.address} is no address of this machine: correct listeners or admin.listener.`, {
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
      return new StartError(
        `No permission: ${error.message}. Let this user have it, or choose another data directory or port.`,
        {
          cause: error,
        },
      )
    case 'EEXIST':
    case 'ENOTDIR':
      return new StartError(`${dataDir} cannot be a data directory: ${error.message}. Choose another in log.dirs.`, {
        cause: error,
      })
    case 'ENOSPC':
      return new StartError(`The disk of ${dataDir} is full: ${error.message}. Make room, then start again.`, {
        cause: error,
      })
    case 'EROFS':
    case 'EIO':
      return new StartError(
        `The disk of ${dataDir} fails: ${error.message}. Check it (a file system that found an error is read-only until it is checked), or choose another directory in log.dirs.`,
        { cause: error },
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(
        `The host of a listener has no address: ${error.message}. Correct listeners or admin.listener.`,
        { cause: error },
      )
    default:
      // Of the directories only the first can keep a broker from starting.
      if (error.syscall === undefined || error.path === undefined) return error
      return new StartError(
        `The data directory ${dataDir} cannot be used: ${error.message}. Check its disk, or choose another in log.dirs.`,
        { cause: error },
      )
  }
}
