'use client'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useState } from 'react'
import { Logo } from '../../components/frame/logo.tsx'
import { Button, buttonClass } from '../../components/ui/button.tsx'
import { ErrorState } from '../../components/ui/error-state.tsx'
import { Field, Input } from '../../components/ui/field.tsx'
import { cn } from '../../lib/cn.ts'
import { useTRPC } from '../../lib/trpc.tsx'

interface LoginProps {
  /** Where to go afterwards. */
  target: string
  local: boolean
  oidc: { readonly name: string; readonly path: string } | null
  /** Why the provider's sign-in came to nothing. */
  refusal: string | null
}

/** Sign-in by name and password, by the organisation's provider, or both. */
export function LoginForm({ target, local, oidc, refusal }: LoginProps) {
  const t = useTranslations('frame')
  const trpc = useTRPC()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  // A new page load, so that nothing of the one who was here before stays in memory.
  const login = useMutation(trpc.session.login.mutationOptions({ onSuccess: () => location.assign(target) }))
  // From now on it listens to keys and clicks.
  useEffect(() => {
    document.documentElement.dataset.ready = 'true'
  }, [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!login.isPending && name !== '' && password !== '') login.mutate({ name, password })
  }
  return (
    <main className="flex h-dvh items-center justify-center overflow-y-auto p-4">
      <div className="flex w-full max-w-80 flex-col gap-4">
        <h1 className="flex items-center gap-2 text-title">
          <Logo />
          {t('login.title')}
        </h1>
        {refusal !== null && (
          <p role="alert" className="text-wrong">
            {refusal}
          </p>
        )}
        {local && (
          <form onSubmit={submit} className="flex flex-col gap-3">
            <Field label={t('login.name')}>
              {(field) => (
                <Input
                  {...field}
                  autoFocus
                  required
                  autoComplete="username"
                  value={name}
                  onChange={(event) => setName(event.target.value)}
                />
              )}
            </Field>
            <Field label={t('login.password')}>
              {(field) => (
                <Input
                  {...field}
                  required
                  type="password"
                  autoComplete="current-password"
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                />
              )}
            </Field>
            {login.error !== null && <ErrorState error={login.error} />}
            <Button kind="primary" type="submit" busy={login.isPending} onClick={submit}>
              {t('login.submit')}
            </Button>
          </form>
        )}
        {local && oidc !== null && <p className="text-center text-muted">{t('login.or')}</p>}
        {oidc !== null && (
          <a
            href={`${oidc.path}?next=${encodeURIComponent(target)}`}
            className={cn(buttonClass(local ? 'plain' : 'primary'))}
          >
            {t('login.with', { name: oidc.name })}
          </a>
        )}
        {local && (
          <p className="text-meta text-muted">
            {t.rich('login.about', {
              command: () => (
                <code key="command" className="font-mono">
                  odradek console users add NAME
                </code>
              ),
            })}
          </p>
        )}
      </div>
    </main>
  )
}
