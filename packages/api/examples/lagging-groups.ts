/**
 * Prints the groups that lag, the worst first, and why those that are stuck do not move.
 *
 *     node lagging-groups.ts http://127.0.0.1:8080 local
 *     CONSOLE_USER=ann CONSOLE_PASSWORD=… node lagging-groups.ts https://console.example.org production
 */
import type { AppRouter } from '@odradek/api'
import { createTRPCClient, httpBatchLink } from '@trpc/client'

const [url = 'http://127.0.0.1:8080', cluster = 'local'] = process.argv.slice(2)
const { CONSOLE_USER: name, CONSOLE_PASSWORD: password } = process.env

// The session is a cookie. A browser keeps it by itself, a script keeps it here.
let cookie = ''
const api = createTRPCClient<AppRouter>({
  links: [
    httpBatchLink({
      url: `${url}/api/trpc`,
      headers: () => ({ cookie }),
      async fetch(input, init) {
        const response = await fetch(input, init as RequestInit)
        for (const line of response.headers.getSetCookie()) cookie = line.split(';', 1)[0]!
        return response
      },
    }),
  ],
})

if (name !== undefined && password !== undefined) await api.session.login.mutate({ name, password })
const { rows } = await api.groups.list.query({ cluster, onlyWithLag: true, sort: 'lag', descending: true })
for (const { id, state, lag } of rows) {
  console.log(`${id}: ${state}, lag ${lag}`)
  const { causes } = await api.groups.diagnose.query({ cluster, group: id })
  for (const cause of causes.filter(({ state }) => state === 'found')) {
    console.log(`  ${cause.text} ${cause.remedies.map(({ text }) => text).join(' ')}`)
  }
}
