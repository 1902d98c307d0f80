import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTopic, produceMessage } from '@odradek/client'
import { createTRPCClient, httpBatchLink, type TRPCClientError } from '@trpc/client'
import {
  type AppRouter,
  appRouter,
  Console,
  createCaller,
  createContext,
  exportMessages,
  procedurePermissions,
  UserFile,
} from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'
import { ServedConsole } from './served-console.ts'

const cluster = 'local'
const password = 'correct horse'

/** A scene with a viewer, an operator, an admin, and one who may only see another cluster. */
async function openWithUsers(options: { readOnly?: boolean } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'odradek-users-'))
  const users = join(folder, 'users.json')
  const file = new UserFile(users)
  await file.put('vera', password, { '*': { role: 'viewer', payloads: false } })
  await file.put('otto', password, { local: { role: 'operator', payloads: true } })
  await file.put('ada', password, { '*': { role: 'admin', payloads: true } })
  await file.put('eve', password, { elsewhere: { role: 'admin', payloads: true } })
  const scene = await ConsoleScene.open({ console: { users, ...options } })
  const contextOf = async (name: string | null) => {
    const token = name === null ? '' : await scene.console.access.login(name, password, '127.0.0.1')
    const header = (wanted: string) => (wanted === 'cookie' ? `odradek_session=${token}` : null)
    return createContext(scene.console, { header, remoteAddress: '127.0.0.1' })
  }
  return {
    scene,
    file,
    contextOf,
    callerOf: async (name: string | null) => createCaller(await contextOf(name)),
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

type Procedures = Record<string, { _def: { type: 'query' | 'mutation' | 'subscription' } }>
const procedures = appRouter._def.procedures as unknown as Procedures

/** What a caller gets from a procedure: `refused` if it lacks the permission, `let in` whatever came of it then. */
async function walk(caller: unknown, path: string): Promise<'refused' | 'let in'> {
  const [router = '', name = ''] = path.split('.')
  const call = (caller as Record<string, Record<string, (input: unknown) => Promise<unknown>>>)[router]![name]!
  try {
    // Nothing that could be done: the names are not there, the confirmations are wrong.
    const result = await call({ cluster, topic: 'nothing', group: 'nobody', confirm: '-' })
    if (result !== null && typeof result === 'object' && Symbol.asyncIterator in result) {
      const iterator = (result as AsyncIterable<unknown>)[Symbol.asyncIterator]()
      await iterator.return?.()
    }
    return 'let in'
  } catch (error) {
    const { code } = error as { code?: string }
    return code === 'UNAUTHORIZED' || code === 'FORBIDDEN' ? 'refused' : 'let in'
  }
}

test('every procedure has a permission, and every permission a procedure', () => {
  assert.deepEqual(Object.keys(procedures).sort(), Object.keys(procedurePermissions).sort())
})

test('each procedure lets in whoever holds its permission on the cluster, and nobody else', async () => {
  await using users = await openWithUsers()
  const holders: Record<string, readonly string[]> = {
    public: ['nobody', 'eve', 'vera', 'otto', 'ada'],
    self: ['eve', 'vera', 'otto', 'ada'],
    view: ['vera', 'otto', 'ada'],
    payloads: ['otto', 'ada'],
    edit: ['ada'],
    operate: ['otto', 'ada'],
    administer: ['ada'],
  }
  for (const name of ['nobody', 'eve', 'vera', 'otto', 'ada']) {
    const caller = await users.callerOf(name === 'nobody' ? null : name)
    for (const [path, permission] of Object.entries(procedurePermissions)) {
      if (!(path in procedures) || path === 'session.logout' || path === 'session.login') continue
      const expected = holders[permission]!.includes(name) ? 'let in' : 'refused'
      assert.equal(await walk(caller, path), expected, `${name} at ${path} (${permission})`)
    }
  }
})

test('in read-only mode nobody changes anything, and everybody sees', async () => {
  await using users = await openWithUsers({ readOnly: true })
  const caller = await users.callerOf('ada')
  for (const [path, { _def }] of Object.entries(procedures)) {
    if (procedurePermissions[path] === 'public') continue
    const expected = _def.type === 'mutation' ? 'refused' : 'let in'
    assert.equal(await walk(caller, path), expected, path)
  }
})

/** A scene with an operator who may not read payloads, a topic with one record, a topic of dead letters, and one that takes them. */
async function openWithLetters() {
  const users = await openWithUsers()
  await users.file.put('omar', password, { local: { role: 'operator', payloads: false } })
  const kafka = users.scene.console.session(cluster).cluster
  const nothing = { format: 'null', text: '' } as const
  for (const name of ['salaries', 'dlq.workers', 'open']) await createTopic(kafka, { name, partitions: 1 })
  const secret = { format: 'text', text: 'secret' } as const
  await produceMessage(kafka, { topic: 'salaries', key: nothing, value: secret, headers: [] })
  return {
    ...users,
    kafka,
    [Symbol.asyncDispose]: () => users[Symbol.asyncDispose](),
    /** A letter with a copy of its record. */
    write: (text: string) =>
      produceMessage(kafka, { topic: 'dlq.workers', key: nothing, value: { format: 'text', text }, headers: [] }),
    /** A letter that only names a record of `salaries`. */
    name: (offset: number) => {
      const said = { topic: 'salaries', partition: '0', offset: `${offset}`, group: 'workers', 'delivery.count': '5' }
      const headers = Object.entries(said).map(([key, text]) => {
        return { key: `__dlq.errors.${key}`, value: { format: 'text', text } as const }
      })
      return produceMessage(kafka, { topic: 'dlq.workers', key: nothing, value: nothing, headers })
    },
  }
}

/** The job once it goes no further by itself. */
async function atRest(caller: ReturnType<typeof createCaller>, job: string) {
  const events = await caller.jobs.live({ cluster, job })
  for await (const [, found] of events as AsyncIterable<[string, Awaited<ReturnType<typeof caller.jobs.get>>]>) {
    if (found.state === 'stopped' || found.state === 'done') return found
  }
  throw new Error(`Job ${job} was told no more of.`)
}

test('who may not read payloads has no record copied that a letter only names', async () => {
  await using users = await openWithLetters()
  await users.name(0)
  const topic = 'dlq.workers'
  const target = { kind: 'topic', topic: 'open' } as const
  const letter = { partition: 0, offset: 0 }
  const select = { kind: 'places' as const, places: [letter] }
  const [omar, otto] = [await users.callerOf('omar'), await users.callerOf('otto')]
  const check = await omar.jobs.check({ cluster, topic, select, target })
  assert.deepEqual([check.toSend, check.sources], [1, [{ topic: 'salaries', count: 1 }]])
  const forbidden = { code: 'FORBIDDEN', message: /lack the permission "payloads"/ }
  const id = () => globalThis.crypto.randomUUID()
  await assert.rejects(omar.jobs.create({ cluster, topic, select, target, id: id() }), forbidden)
  await assert.rejects(omar.deadLetters.resend({ cluster, topic, ...letter, target, id: id() }), forbidden)
  const { id: sent } = await otto.deadLetters.resend({ cluster, topic, ...letter, target, id: id() })
  assert.equal((await atRest(otto, sent)).sent, 1)
  const { id: many } = await otto.jobs.create({ cluster, topic, select, target, again: true, id: id() })
  assert.equal((await atRest(otto, many)).sent, 1)
})

test('a letter that became one to send after the job was made is sent only where its maker may read payloads', async () => {
  await using users = await openWithLetters()
  // The first names what is not there: it fails, and the canary stops the job while the last still waits.
  await users.name(99)
  for (const text of ['first', 'second']) await users.write(text)
  await users.name(0)
  const omar = await users.callerOf('omar')
  const topic = 'dlq.workers'
  const places = [0, 1, 2, 3].map((offset) => ({ partition: 0, offset }))
  const last = { cluster, topic, places: places.slice(3) }
  await omar.deadLetters.resolve(last)
  const { id: job } = await omar.jobs.create({
    ...{ cluster, topic, id: globalThis.crypto.randomUUID(), select: { kind: 'places', places } },
    ...{ target: { kind: 'topic', topic: 'open' }, canary: { records: 1, waitMs: 0, percentMax: 0 } },
  })
  const stopped = await atRest(omar, job)
  assert.deepEqual([stopped.state, stopped.sent, stopped.failed, stopped.waiting], ['stopped', 1, 1, 2])
  await omar.deadLetters.unresolve(last)
  await omar.jobs.resume({ cluster, job })
  const done = await atRest(omar, job)
  assert.deepEqual([done.state, done.sent, done.failed], ['done', 2, 2])
  const { results } = await omar.jobs.results({ cluster, job })
  assert.deepEqual(
    results.map(({ outcome, why }) => [outcome, why?.code]),
    [
      ['failed', 'originForbidden'],
      ['sent', undefined],
      ['sent', undefined],
      ['failed', 'originForbidden'],
    ],
  )
  const otto = await users.callerOf('otto')
  const texts: (string | undefined)[] = []
  for (const { target } of results) {
    if (target === null) continue
    const { partition, offset } = target
    const { message } = await otto.messages.get({ cluster, topic: 'open', partition, offset })
    texts.push(message?.value?.text)
  }
  assert.deepEqual(texts, ['first', 'second'])
  assert.equal((await otto.topics.get({ cluster, topic: 'open' })).records, 2, 'and nothing beside them')
})

test('a user who is removed is gone at the next request, and the last one leaves no open door', async () => {
  await using users = await openWithUsers()
  const caller = await users.callerOf('vera')
  assert.equal((await caller.session.me()).kind, 'local')
  for (const { name } of users.file.users) await users.file.remove(name)
  assert.equal((await caller.session.me()).kind, 'anonymous')
  assert.equal(users.scene.console.access.isOpen, false)
  await assert.rejects(caller.topics.list({ cluster }), { code: 'UNAUTHORIZED' })
})

test('what streams to somebody ends when they are removed', async () => {
  await using users = await openWithUsers()
  const kafka = users.scene.console.session(cluster).cluster
  await createTopic(kafka, { name: 'secrets', partitions: 1 })
  const write = (text: string) => {
    const key = { format: 'null', text: '' } as const
    return produceMessage(kafka, { topic: 'secrets', key, value: { format: 'text', text }, headers: [] })
  }
  const tail = (await (await users.callerOf('otto')).messages.tail({ cluster, topic: 'secrets' }))[
    Symbol.asyncIterator
  ]()
  const seen = async (wanted: string) => {
    for (;;) {
      const { value, done } = await tail.next()
      if (done || JSON.stringify(value).includes(wanted)) return
    }
  }
  await tail.next()
  await write('public')
  await seen('public')
  const request = { cluster, topic: 'secrets', from: { kind: 'earliest' }, to: { kind: 'now' }, format: 'csv' }
  const otto = await users.contextOf('otto')
  const file = exportMessages(otto, JSON.stringify(request), AbortSignal.timeout(60_000))
  await users.file.remove('otto')
  await write('secret')
  await assert.rejects(seen('secret'), { code: 'UNAUTHORIZED', message: 'Sign in first.' })
  await assert.rejects(Array.fromAsync(file.chunks), { code: 'UNAUTHORIZED' })
})

test('a console that is started again signs nobody out; another password ends the sessions of the one before', async () => {
  await using users = await openWithUsers()
  const token = await users.scene.console.access.login('vera', password, '127.0.0.1')
  await using again = new Console(users.scene.console.options)
  assert.equal(again.access.visitor(token).name, 'vera')
  await users.file.put('vera', 'another good one', { '*': { role: 'viewer', payloads: false } })
  assert.equal(again.access.visitor(token).kind, 'anonymous')
  assert.equal(users.scene.console.access.visitor(token).kind, 'anonymous')
})

test('sign-in over HTTP: a cookie no script can read, guesses slowed down, other sites refused, sign-out', async () => {
  await using users = await openWithUsers()
  await using served = await ServedConsole.open(users.scene.console)
  let cookies: string[] = []
  const clientWith = (headers: Record<string, string>) =>
    createTRPCClient<AppRouter>({
      links: [
        httpBatchLink({
          url: `${served.url}/api/trpc`,
          headers,
          fetch: async (url, options) => {
            const response = await fetch(url, options as RequestInit)
            cookies = response.headers.getSetCookie()
            return response
          },
        }),
      ],
    })
  const anonymous = clientWith({})
  assert.deepEqual(await anonymous.session.providers.query(), { isOpen: false, local: true, oidc: null })
  await assert.rejects(anonymous.topics.list.query({ cluster }), (error: TRPCClientError<AppRouter>) => {
    assert.equal(error.data?.code, 'UNAUTHORIZED')
    assert.equal(error.data?.failure.remedy, 'Sign in.')
    assert.equal(error.data?.failure.codes.remedy?.code, 'doSignIn')
    assert.equal('stack' in (error.data ?? {}), false)
    return true
  })
  await assert.rejects(anonymous.session.login.mutate({ name: 'vera', password: 'wrong' }), { message: /is wrong/ })
  assert.equal(cookies.length, 0)
  await anonymous.session.login.mutate({ name: 'vera', password })
  assert.match(cookies[0] ?? '', /^odradek_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/)
  const cookie = cookies[0]!.split(';')[0]!
  const vera = clientWith({ cookie })
  assert.equal((await vera.session.me.query()).name, 'vera')
  assert.deepEqual((await vera.topics.list.query({ cluster })).rows, [])
  await assert.rejects(vera.topics.create.mutate({ cluster, topic: 'x' }), { message: /lack the permission "operate"/ })

  const foreign = clientWith({ cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })
  await assert.rejects(foreign.session.logout.mutate(), { message: /another site/ })
  const own = clientWith({ cookie, origin: served.url, 'sec-fetch-site': 'same-origin' })
  await own.session.logout.mutate()
  assert.match(cookies[0] ?? '', /Max-Age=0/)
  assert.equal((await vera.session.me.query()).kind, 'anonymous')

  for (let i = 0; i < 5; i++) await anonymous.session.login.mutate({ name: 'ada', password: 'guess' }).catch(() => {})
  await assert.rejects(
    anonymous.session.login.mutate({ name: 'ada', password }),
    (error: TRPCClientError<AppRouter>) => {
      assert.equal(error.data?.code, 'TOO_MANY_REQUESTS', 'even the right password has to wait')
      return true
    },
  )
})
