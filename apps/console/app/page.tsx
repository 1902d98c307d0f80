import { redirect } from 'next/navigation'
import { href } from '../lib/href.ts'
import { session } from '../server/session.ts'

/** The console begins at the overview of its first cluster. */
export default async function Home() {
  const { clusters } = await session('/')
  redirect(href.overview(clusters[0]?.id ?? 'local'))
}
