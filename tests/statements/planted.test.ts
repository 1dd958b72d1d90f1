import { expect, test } from 'vitest'
import { checkStatements } from '../../tools/sql/check.ts'
import { moduleAt, plant } from '../../tools/sql/syntax.ts'

/**
 * `node tools/check-statements.ts` asks this of the whole source; here of a few files with errors.
 */

const files = {
  renamed: 'services/notifications/queries/mailbox.ts',
  wrong_type: 'services/expiration/queries.ts',
  nullable: 'services/users/queries/restored.ts',
  parameter: 'services/notifications/queries/mail-allowances.ts',
  set: 'services/notifications/queries/messages.ts',
}

/** What the check finds when a text stands somewhere else for another. */
async function findingsWith (path: string, written: string, instead: string): Promise<string[]> {
  const { text } = moduleAt(path)!
  expect(text, `${path} has no such text any more`).toContain(written)
  const unplant = plant(path, text.replace(written, instead))
  try {
    return (await checkStatements([path])).findings
  } finally {
    unplant()
  }
}

const lineOf = (path: string, text: string) =>
  moduleAt(path)!.text.split('\n').findIndex(line => line.includes(text)) + 1

test('a statement is refused whose column is gone, of another type, or may be null', async () => {
  const { findings, checked } = await checkStatements(Object.values(files))
  expect(findings).toEqual([])
  expect(checked).toBeGreaterThan(10)

  const [renamed] = await findingsWith(files.renamed, 'sent_at, attachment_count\n', 'sent_at, attachments\n')
  expect(renamed).toContain(files.renamed)
  expect(renamed).toContain('column "attachments" does not exist')

  const [other_name] = await findingsWith(
    files.renamed, 'sent_at, attachment_count\n', 'sent_at, attachment_count as attachments\n')
  expect(other_name).toContain(files.renamed)
  expect(other_name).toMatch(/attachment_count.*is missing/s)

  const [wrong_type] = await findingsWith(files.wrong_type, 'seconds_left: number', 'seconds_left: string')
  expect(wrong_type).toContain(files.wrong_type)
  expect(wrong_type).toMatch(/'seconds_left' are incompatible.*'number' is not assignable to type 'string'/s)

  const [nullable] = await findingsWith(files.nullable, '/* present: email */ ', '')
  expect(nullable).toContain(`${files.nullable}:${lineOf(files.nullable, 'sql<{ email: string }>')}`)
  expect(nullable).toMatch(/'email' are incompatible.*'null' is not assignable to type 'string'/s)

  const [parameter] = await findingsWith(files.parameter, 'any(${ids}::uuid[])', 'any(${ids.length}::uuid[])')
  expect(parameter).toContain(files.parameter)
  expect(parameter).toContain("Argument of type 'number' is not assignable")

  const [no_such_type] = await findingsWith(files.set, "user_id: 'uuid', kind: 'text'", "user_id: 'integer', kind: 'text'")
  expect(no_such_type).toContain(files.set)
  expect(no_such_type).toContain('column "user_id" is of type uuid but expression is of type integer')
  const item = await findingsWith(files.set, "title: 'text'", "title: 'integer'")
  expect(item.join('\n')).toMatch(/messages\.ts:\d+ .*Type 'string' is not assignable to type 'number'/s)
}, 300_000)
