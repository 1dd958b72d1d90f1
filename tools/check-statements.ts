import { checkStatements } from './sql/check.ts'

/**
 * Has PostgreSQL parse every statement of the source against the migrated schema, and the compiler
 * compare what it says with the types in the source. Words are paths: only what contains one.
 */
const { findings, checked } = await checkStatements(process.argv.slice(2))
for (const finding of findings) console.error(finding)
console.log(`${checked} statements, ${findings.length} findings`)
process.exitCode = findings.length > 0 ? 1 : 0
