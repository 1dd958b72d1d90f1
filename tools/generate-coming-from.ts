import { aliases } from '@fermata/contracts/founding-names'
import { movedNames } from '@fermata/contracts/moved'
import { keepGenerated } from './generated.ts'

/** Writes docs/coming-from.md from the contracts, or with `--check` compares the page with them. */

const comingFrom = [
  '# Coming from other names', '',
  'Programs and texts that know other names of what Fermata does find here how each is called. A running',
  'installation shows the same at `/docs/coming-from`.', '',
  'Written by `node tools/generate-coming-from.ts` from `packages/contracts`; do not edit.', '',
  '## Names that do the same', '',
  'They answer as the address beside them does, and are left out of the API pages. New programs use the one on',
  'the right.', '',
  '| also | address |', '|---|---|',
  ...aliases.map(({ method, path, route }) => `| \`${method} ${path}\` | \`${route.method} ${route.path}\` |`), '',
  '## Names that say where to ask', '',
  'What is asked for elsewhere, with another method or another body, answers',
  '[`/problems/request/moved`](problems.md#request/moved), whose `use` names the address. Pages for people lead',
  'there at once.', '',
  '| asked | use | because |', '|---|---|---|',
  ...movedNames.map(({ method, path, to, detail }) =>
    `| \`${method ?? 'any method'} ${path}\` | \`${to}\` | ${detail} |`),
].join('\n') + '\n'

keepGenerated('docs/coming-from.md', comingFrom, 'node tools/generate-coming-from.ts')
