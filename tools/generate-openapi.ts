import { allServices } from '@fermata/server/services'
import serverPackage from '../apps/server/package.json' with { type: 'json' }
import { describeService } from '@fermata/platform/describe-service'
import { keepGenerated } from './generated.ts'

/** Writes docs/openapi/<service>.json from the contracts, or with `--check` compares the files with them. */
for (const service of Object.values(allServices)) {
  const document = await describeService(service, serverPackage.version)
  keepGenerated(`docs/openapi/${service.name}.json`, `${JSON.stringify(document, null, 1)}\n`, 'node tools/generate-openapi.ts')
}
