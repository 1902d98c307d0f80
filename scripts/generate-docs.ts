/** Writes docs/configuration.md from the tables of packages/config: `npm run docs`. A test of packages/cli fails when it is stale. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configMarkdown } from '../packages/cli/src/config-table.ts'

const docs = join(import.meta.dirname, '..', 'docs')
mkdirSync(docs, { recursive: true })
writeFileSync(join(docs, 'configuration.md'), configMarkdown())
