import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { findLongFunctions } from './function-sizes.ts'
import {
  folderOf, isCode, isGenerated, isTest, packageOf, root, toCamelCase, type Source
} from './sources.ts'

/** One place that breaks a rule. `line` is 1-based; absent when the whole file, or its absence, is meant. */
export interface Finding { file: string, line?: number, message: string }

export interface Rule {
  name: string
  /** What to do instead, said once below the findings. */
  instead: string
  find (sources: readonly Source[]): Finding[]
}

export const max_file_lines = 400
export const max_operation_lines = 150
export const max_columns = 100

const isOperation = (path: string) => /^services\/[^/]+\/operations\/[^/]+\.ts$/.test(path) && !isTest(path)
const operationName = (path: string) => toCamelCase(posix.basename(path, '.ts'))
const exportedNames = (text: string) =>
  [...text.matchAll(/^export (?:const|(?:async )?function\*?) (\w+)/gm)].map(([, name]) => name ?? '')
const lineCount = (text: string) => text.replace(/\n$/, '').split('\n').length

type Choose = (path: string) => boolean

/** Looks at each line of each chosen file: a few hundred lines a file, so milliseconds in all. */
function eachLine (
  sources: readonly Source[], choose: Choose,
  judge: (line: string, path: string) => string | undefined
): Finding[] {
  return sources.filter(source => choose(source.path)).flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const message = judge(line, path)
      return message === undefined ? [] : [{ file: path, line: index + 1, message }]
    }))
}

/** Looks at each chosen file as a whole. */
function eachFile (
  sources: readonly Source[], choose: Choose, judge: (source: Source) => string | undefined
): Finding[] {
  return sources.filter(source => choose(source.path)).flatMap(source => {
    const message = judge(source)
    return message === undefined ? [] : [{ file: source.path, message }]
  })
}

const isComment = (line: string) => /^\s*(\/\/|\/\*|\*)/.test(line)
const written = (path: string) => isCode(path) && !isGenerated(path)

/** A line's width without what cannot be broken: addresses, the inside of strings and patterns. */
export function breakableWidth (line: string): number {
  const kept = line
    .replace(/https?:\/\/\S+/g, '')
    .replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''")
    .replace(/\/(?:[^/\\\s]|\\.)(?:[^/\\]|\\.)*\/[a-z]*/g, '//')
  return kept.length
}

/** Lines inside a template are text (SQL, SVG, mails) and keep the shape that reads best there. */
function findWideLines ({ path, text }: Source): Finding[] {
  let inTemplate = false
  return text.split('\n').flatMap((line, index) => {
    const began = inTemplate
    if ((line.match(/(?<!\\)`/g)?.length ?? 0) % 2 === 1) inTemplate = !inTemplate
    const wide = !began && !inTemplate && breakableWidth(line) > max_columns
    return wide ? [{ file: path, line: index + 1, message: `${line.length} columns` }] : []
  })
}

const kebab = '[a-z0-9]+(?:-[a-z0-9]+)*'
const kebabFile = new RegExp(`^${kebab}(?:\\.${kebab})*$`)
const documentName = /^(?:[A-Z][A-Z_]+)(?:\.md)?$/
const migrationName = /^\d{4}_[a-z0-9]+(?:_[a-z0-9]+)*\.sql$/
const forbiddenWord = /^(?:utils?|helpers?|common|index|misc|shared|[a-z-]*-(?:utils?|helpers?|manager)|manager)\.tsx?$/

/** Places that a tool finds by their default export: a service's contents, configuration, and React Router's modules. */
const mayExportDefault = (path: string) => /^services\/[^/]+\/service\.ts$/.test(path) ||
  path.endsWith('.config.ts') || /^apps\/web\/app\/(.*\.tsx|routes\.ts)$/.test(path)

const mayHoldSql = (path: string) => isTest(path) ||
  /(^|\/)(queries\.ts$|queries\/)/.test(path) ||
  /^(packages\/(platform|testkit)|bench|tools)\//.test(path)
const statement = /sql(?:<[^`]*>)?`|\.(?:selectFrom|insertInto|updateTable|deleteFrom|mergeInto)\(/
const statementInText = /['"`]\s*(?:select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s)/i

/**
 * They make servers, databases and roles, or copy tables: what has no parameters, before a schema is there. A database
 * is asked whether a pooler stands before it, and a server where its tables are, without anything prepared.
 */
const mayQuery = (path: string) => isTest(path) || path.includes('/test/') || path === 'apps/server/find-databases.ts' ||
  /^packages\/(testkit|platform\/src\/(embedded-postgres\/|(export|import|lesser-roles|refuse-pooler|rehearsal-databases|secret-fingerprints|service-databases|table-copy|sql)\.ts))/.test(path)
const isProduct = (path: string) => /^(services|packages|apps\/server)\//.test(path) && written(path)
const queryCall = /\.query(?:<.*>)?\((?!'(?:begin|commit|rollback))/
const setOfColumns = /\bunnest\(\$\{.*\}::\w+\[\],/

const mayReadEnvironment = (path: string) => path === 'apps/server/env.ts' || isTest(path) ||
  /^(tools|bench|packages\/testkit)\//.test(path) || path.endsWith('.config.ts')

/** In halves, so that this file does not break its own rule. */
const marks = [['TO', 'DO'], ['FIX', 'ME']]
const unfinished = new RegExp(`\\b(?:${marks.map(mark => mark.join('')).join('|')})\\b`)
const ownTest = 'tools/tidy.test.ts'
const skippedTest = /\b(?:test|it|describe)\.(?:skip|only|todo)\b/

/** `[text](path#part)`, not to the web. */
const documentLink = /\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)/g

/** Relative imports as written, in `import … from`, `export … from` and `import()`. */
const relativeImport = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g

const needed = ['README.md', 'package.json', 'service.ts']

export const rules: readonly Rule[] = [
  {
    name: 'file-size',
    instead: `Split the file by what its parts are about: at most ${max_file_lines} lines, and ${max_operation_lines} for an operation.`,
    find: sources => eachFile(sources, written, ({ path, text }) => {
      const most = isOperation(path) ? max_operation_lines : max_file_lines
      return lineCount(text) > most ? `${lineCount(text)} lines` : undefined
    })
  },
  {
    name: 'function-size',
    instead: 'Give the steps of the function names of their own; a function declared inside another counts for itself.',
    find: sources => findLongFunctions(sources.filter(source => written(source.path)))
  },
  {
    name: 'line-width',
    instead: `Break the line at ${max_columns} columns (comments: node tools/wrap-comments.ts); the inside of strings is not counted.`,
    find: sources => sources.filter(source => written(source.path)).flatMap(findWideLines)
  },
  {
    name: 'file-name',
    instead: 'Name the file in kebab-case after what it is about; migrations are 0001_snake_case.sql.',
    find: sources => eachFile(sources, path => !isGenerated(path), ({ path }) => {
      const name = posix.basename(path)
      const fine = name.startsWith('.') || kebabFile.test(name) || documentName.test(name) ||
        (path.includes('/migrations/') && migrationName.test(name))
      return fine ? undefined : 'not kebab-case'
    })
  },
  {
    name: 'forbidden-name',
    instead: 'Name the file after the one thing it holds; a file that holds anything is found by nobody.',
    find: sources => eachFile(sources, isCode, ({ path }) =>
      forbiddenWord.test(posix.basename(path)) ? 'says nothing about its content' : undefined)
  },
  {
    name: 'default-export',
    instead: 'Export it by name; only service.ts and files that a tool finds by their default export have one.',
    find: sources => eachLine(sources, path => written(path) && !mayExportDefault(path), line =>
      /^export default\b|^export \{[^}]*\bas default\b/.test(line) ? 'default export' : undefined)
  },
  {
    name: 'service-shape',
    instead: `A service has ${needed.join(', ')}; CONTRIBUTING.md shows the shape.`,
    find: sources => {
      const paths = new Set(sources.map(source => source.path))
      const services = new Set([...paths].filter(path => path.startsWith('services/')).map(packageOf))
      return [...services].flatMap(service => needed
        .filter(name => !paths.has(`${service}/${name}`))
        .map(name => ({ file: `${service}/${name}`, message: 'missing' })))
    }
  },
  {
    name: 'operation-export',
    instead: 'Export it under the file\'s name in camelCase. A file of several small handlers exports those that service.ts names.',
    find: sources => eachFile(sources, isOperation, ({ path, text }) => {
      const names = exportedNames(text)
      const contents = sources.find(source => source.path === `${packageOf(path)}/service.ts`)?.text ?? ''
      const entered = names.filter(name => new RegExp(`\\b${name}\\b`).test(contents))
      const fine = names.includes(operationName(path)) || entered.length > 1
      return fine ? undefined : `does not export ${operationName(path)}`
    })
  },
  {
    name: 'operation-test',
    instead: 'Put <operation>.test.ts beside it, or name it in another test of the service: test(\'placeOrder: …\').',
    find: sources => {
      const tests = sources.filter(source => isTest(source.path))
      return eachFile(sources, isOperation, ({ path, text }) => {
        const beside = path.replace(/\.ts$/, '.test.ts')
        const names = [operationName(path), ...exportedNames(text)]
        const named = new RegExp(`['"\`](?:${names.join('|')}): `)
        const tested = tests.some(test => test.path === beside ||
          (packageOf(test.path) === packageOf(path) && named.test(test.text)))
        return tested ? undefined : 'no test names it'
      })
    }
  },
  {
    name: 'unfinished',
    instead: 'Finish it, or open an issue and leave no mark in the code; a test runs or is not there.',
    find: sources => eachLine(sources, path => !isGenerated(path) && path !== ownTest, (line, path) => {
      if (unfinished.test(line)) return 'a mark of unfinished work'
      return isTest(path) && skippedTest.test(line) ? 'a test that does not run, or keeps others from running' : undefined
    })
  },
  {
    name: 'sql-place',
    instead: 'Move the statement to the service\'s queries.ts, as one function that says what its lock or shape is for.',
    find: sources => eachLine(sources, path => written(path) && !mayHoldSql(path), line =>
      !isComment(line) && (statement.test(line) || statementInText.test(line)) ? 'SQL outside queries' : undefined)
  },
  {
    name: 'statement',
    instead: 'Write it with `sql` of packages/platform/src/sql.ts, which tools/check-statements.ts compares with the schema, and give it a set as `sql.rows(items, columns)`.',
    find: sources => eachLine(sources, path => isProduct(path) && !mayQuery(path), line =>
      !isComment(line) && (queryCall.test(line) || setOfColumns.test(line)) ? 'a statement that is written otherwise' : undefined)
  },
  {
    name: 'session-lock',
    instead: 'Take pg_advisory_xact_lock: a lock of the connection outlives its transaction, and goes back to the pool with it.',
    find: sources => eachLine(sources, path => written(path) && !isTest(path), line =>
      !isComment(line) && /\bpg_(?:try_)?advisory_(?:un)?lock(?:_shared)?\b/.test(line)
        ? 'a lock of the connection' : undefined)
  },
  {
    name: 'environment',
    instead: 'Declare the setting in the service\'s config.ts; apps/server/env.ts reads the environment once, typed and checked.',
    find: sources => eachLine(sources, path => written(path) && !mayReadEnvironment(path), line =>
      !isComment(line) && /\bprocess\.env\b|\bimport\.meta\.env\b/.test(line) ? 'reads the environment' : undefined)
  },
  {
    name: 'package-boundary',
    instead: 'Import another package by its name, where ARCHITECTURE.md allows it at all.',
    find: sources => sources.filter(source => isCode(source.path)).flatMap(({ path, text }) =>
      [...text.matchAll(relativeImport)].flatMap(([, target]) => {
        const resolved = posix.join(folderOf(path), target ?? '')
        const stays = packageOf(resolved) === packageOf(path)
        // The server is what builds the web app at start when nobody has, and what puts nginx in
        // front of the processes it starts.
        const starts = path.startsWith('apps/server/') &&
          ['tools/build-web.ts', 'deploy/nginx.ts'].includes(resolved)
        return stays || starts ? [] : [{ file: path, message: `${target} leaves the package` }]
      }))
  },
  {
    name: 'code-shape',
    instead: 'No semicolons, tabs or blanks at line ends; single quotes; function a (b) with a space.',
    find: sources => eachLine(sources, written, line => {
      if (/[ \t]+$/.test(line)) return 'blanks at the end'
      if (line.startsWith('\t')) return 'a tab'
      if (/^\s*(?:export )?(?:async )?function\*? \w+(?:<[^(]*>)?\(/.test(line)) return 'no space before ('
      if (/^(?:import|export) .* from "/.test(line)) return 'double quotes'
      return /^\s*(?:import|export|const|let|return)\b.*[^`];$/.test(line) ? 'a semicolon' : undefined
    })
  },
  {
    name: 'comment-alone',
    instead: 'Say what it is; a comment is read alone, and what stands above it moves away.',
    find: sources => eachLine(sources, path => isCode(path) || path.endsWith('.sql'), line =>
      /^\s*(?:\/\*\*?|\*|\/\/|--) The same\b/.test(line) ? 'begins with "The same"' : undefined)
  },
  {
    name: 'document-links',
    instead: 'Mend the link: it leads to no file of the repository.',
    find: sources => sources.filter(({ path }) => path.endsWith('.md')).flatMap(({ path, text }) =>
      [...text.matchAll(documentLink)].flatMap(([, target]) => {
        const resolved = posix.join(folderOf(path), target ?? '')
        return existsSync(join(root, resolved)) ? [] : [{ file: path, message: `${target} is not there` }]
      }))
  }
]
