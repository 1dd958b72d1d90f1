import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allServices } from '@fermata/server/services'
import { describeService } from '@fermata/platform/describe-service'
import { keepGenerated } from './generated.ts'
import { root } from './sources.ts'

/**
 * Writes docs/openapi/<service>.json from the contracts, or with `--check` compares the files with
 * them.
 */
const { version } = JSON.parse(readFileSync(join(root, 'apps/server/package.json'), 'utf8')) as { version: string }

for (const service of Object.values(allServices)) {
  const document = await describeService(service, version)
  keepGenerated(`docs/openapi/${service.name}.json`, `${JSON.stringify(document, null, 1)}\n`, 'node tools/generate-openapi.ts')
}
