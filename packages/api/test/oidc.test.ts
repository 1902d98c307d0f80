import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Provider } from 'oidc-provider'
import { localPath } from '../src/access/oidc.ts'
import { type ConsoleOptions, createCaller, createContext } from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'
import { ServedConsole } from './served-console.ts'

const cluster = 'local'

/** A real provider on loopback, whose accounts are in the groups that their names say: `ann+ops`. */
async function openProvider() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const redirects: string[] = []
  const configuration = () => ({
    clients: [
      {
        client_id: 'odradek',
        client_secret: 'secret',
        redirect_uris: redirects,
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    claims: { openid: ['sub', 'groups'], email: ['email'] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id.split('+')[0]}@example.org`, groups: id.split('+').slice(1) }),
    }),
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    cookies: { keys: ['test'] },
  })
  return {
    issuer,
    redirects,
    /** Once it is known where the console is. */
    serve: () => void server.on('request', new Provider(issuer, configuration()).callback()),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A browser without pages: keeps cookies by host, follows nothing by itself. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>()

  async get(url: string, form?: Record<string, string>): Promise<Response> {
    const { host } = new URL(url)
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(pair.slice(0, at))
      else jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return response
  }

  cookie(url: string, name: string): string | undefined {
    return this.#cookies.get(new URL(url).host)?.get(name)
  }

  /** Goes where the answers send it, fills in the provider's two forms, and stops at `until`. */
  async follow(url: string, account: string, until: (url: URL) => boolean): Promise<URL> {
    let next = url
    for (let step = 0; step < 20; step++) {
      if (until(new URL(next))) return new URL(next)
      const response = await this.get(next)
      const location = response.headers.get('location')
      if (location !== null) {
        next = new URL(location, next).href
        continue
      }
      const page = await response.text()
      const action = /action="([^"]+)"/.exec(page)?.[1]
      assert.ok(action, `a form, not: ${page.slice(0, 500)}`)
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? 'login'
      const answer = await this.get(new URL(action, next).href, { prompt, login: account, password: 'any' })
      next = new URL(answer.headers.get('location') ?? '', next).href
    }
    throw new Error('The way has no end')
  }
}

async function openScene(oidc: Partial<NonNullable<ConsoleOptions['oidc']>> = {}) {
  const provider = await openProvider()
  const settings = {
    name: 'Example',
    issuer: provider.issuer,
    clientId: 'odradek',
    clientSecret: 'secret',
    grants: [
      { value: 'ops', cluster: '*', role: 'operator', payloads: true },
      { value: 'staff', cluster: cluster, role: 'viewer', payloads: false },
    ],
    ...oidc,
  } satisfies ConsoleOptions['oidc']
  const scene = await ConsoleScene.open({ console: { oidc: settings } })
  const served = await ServedConsole.open(scene.console)
  provider.redirects.push(`${served.url}/api/auth/oidc/callback`)
  provider.serve()
  return {
    scene,
    served,
    async callerOf(browser: Browser) {
      const token = browser.cookie(served.url, 'odradek_session')
      const header = (name: string) => (name === 'cookie' ? `odradek_session=${token}` : null)
      return createCaller(await createContext(scene.console, { header, remoteAddress: '127.0.0.1' }))
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]()
      await scene[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

test('someone signs in at the provider and has the grants of their groups', async () => {
  await using setting = await openScene()
  const { served } = setting
  const browser = new Browser()
  const end = await browser.follow(
    `${served.url}/api/auth/oidc?next=${encodeURIComponent('/local/topics?search=a')}`,
    'ann+staff+ops',
    (url) => url.pathname.startsWith('/local/'),
  )
  assert.equal(end.href, `${served.url}/local/topics?search=a`)
  const caller = await setting.callerOf(browser)
  const me = await caller.session.me()
  assert.deepEqual([me.name, me.kind], ['ann@example.org', 'oidc'])
  assert.deepEqual(me.grants, {
    '*': { role: 'operator', payloads: true },
    local: { role: 'viewer', payloads: false },
  })
  await assert.rejects(caller.topics.create({ cluster, topic: 'x' }), { code: 'FORBIDDEN' })
})

test('who is in no group that has a grant is told so, and has no session', async () => {
  await using setting = await openScene()
  const browser = new Browser()
  const end = await browser.follow(`${setting.served.url}/api/auth/oidc`, 'bob', (url) => url.pathname === '/login')
  assert.match(end.searchParams.get('error') ?? '', /bob@example.org may not use this console/)
  assert.equal(browser.cookie(setting.served.url, 'odradek_session'), undefined)
})

test('an answer for another browser, a second time, or made up opens no session', async () => {
  await using setting = await openScene()
  const { served } = setting
  const isCallback = (url: URL) => url.pathname === '/api/auth/oidc/callback'
  const ann = new Browser()
  const callback = await ann.follow(`${served.url}/api/auth/oidc`, 'ann+ops', isCallback)
  const other = new Browser()
  const refused = await other.get(callback.href)
  assert.match(refused.headers.get('location') ?? '', /^\/login\?error=/)
  assert.equal(other.cookie(served.url, 'odradek_session'), undefined, 'begun in another browser')
  assert.equal((await ann.get(callback.href)).headers.get('location'), '/')
  assert.notEqual(ann.cookie(served.url, 'odradek_session'), undefined)
  const again = await ann.get(callback.href)
  assert.match(again.headers.get('location') ?? '', /^\/login\?error=/, 'a second time')
  const made = await new Browser().get(`${served.url}/api/auth/oidc/callback?code=x&state=y`)
  assert.match(made.headers.get('location') ?? '', /^\/login\?error=/)
})

test('a provider that is away is said, and the console serves on', async () => {
  await using setting = await openScene({ issuer: 'http://127.0.0.1:1/' })
  const response = await new Browser().get(`${setting.served.url}/api/auth/oidc`)
  assert.match(decodeURIComponent(response.headers.get('location') ?? ''), /cannot be reached/)
})

test('one is sent back to a path of this site, never to another', () => {
  for (const text of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '', 'x']) {
    assert.equal(localPath(text), '/', text)
  }
  assert.equal(localPath('/local/topics/a%2Fb?x=1#y'), '/local/topics/a%2Fb?x=1#y')
})
