import { renderedFiles } from '../deploy/rendered-files.ts'
import { keepGenerated } from './generated.ts'

/** Writes the files of deploy/ that follow from the contracts, or with `--check` compares them. */
for (const { path, text } of renderedFiles()) keepGenerated(path, text, 'npm run deploy:render')
