import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { LoginForm } from '../../features/login/login-form.tsx'
import { serverTrpc } from '../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('login.title') }
}

export default async function LoginPage(props: {
  searchParams: Promise<{ next?: string | string[]; error?: string | string[] }>
}) {
  const { next, error } = await props.searchParams
  const target = ownPath(typeof next === 'string' ? next : '/')
  const { queryClient, trpc } = await serverTrpc()
  const me = await queryClient.fetchQuery(trpc.session.me.queryOptions())
  if (me.kind !== 'anonymous') redirect(target)
  const providers = await queryClient.fetchQuery(trpc.session.providers.queryOptions())
  return (
    <LoginForm
      target={target}
      local={providers.local}
      oidc={providers.oidc}
      refusal={typeof error === 'string' ? error : null}
    />
  )
}

/** Only a path of this console: `//elsewhere` and `/\elsewhere` are other sites to a browser. */
function ownPath(text: string): string {
  return /^\/(?![/\\])/.test(text) ? text : '/'
}
