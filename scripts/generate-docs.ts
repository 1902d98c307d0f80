/**
 * Writes what docs/ has from tables of the sources: docs/configuration.md, and the tables in docs/operations.md. `npm run
 * docs`; tests beside the tables fail when they are stale.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTables } from '../packages/broker/src/admin/operations-tables.ts'
import { configMarkdown } from '../packages/cli/src/config-table.ts'

const docs = join(import.meta.dirname, '..', 'docs')
mkdirSync(docs, { recursive: true })
writeFileSync(join(docs, 'configuration.md'), configMarkdown())
const operations = join(docs, 'operations.md')
writeFileSync(operations, withTables(readFileSync(operations, 'utf8')))
