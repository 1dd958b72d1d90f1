/** An error for the person who starts Fermata: what is wrong and what to do about it. */
export const trouble = (message: string, cause?: unknown) =>
  new Error(message, cause === undefined ? undefined : { cause })

type Explanation = [pattern: RegExp, say: (folder: string, match: RegExpMatchArray) => string]

const explanations: Explanation[] = [
  [/No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/, folder =>
    `The disk that holds ${folder} is full. Free some space (200 MB is enough for a start) and start Fermata again; `
    + 'nothing that was stored is lost.'],
  [/Read-only file system|EROFS/, folder =>
    `The disk that holds ${folder} is read-only. Choose another folder with FERMATA_DATA.`],
  [/ENOENT|ENOTDIR|EEXIST|ENAMETOOLONG/, folder =>
    `The folder ${folder} cannot be made: something on the way to it is no folder, or its name is too long. Choose another `
    + 'one with FERMATA_DATA.'],
  [/could not look up effective user ID (\d+)/, (_, match) =>
    `The account running the database (uid ${match[1]}) has no name in /etc/passwd. Add a line for it there, or point `
    + 'DATABASE_URL at a server of yours.'],
  [/could not (?:resize|create|open|map) (?:anonymous )?shared memory/, () =>
    'The system gives PostgreSQL too little shared memory. Make /dev/shm larger (64 MB is enough; Docker: --shm-size).'],
  [/pre-existing shared memory block|lock file "[^"]*" already exists/, folder =>
    `Another PostgreSQL still uses ${folder}. Stop it, then start Fermata again.`],
  [/database files are incompatible with server|initialized by PostgreSQL version/, folder =>
    `The data in ${folder} were written by a different PostgreSQL. Start them with the Fermata that wrote them, or restore `
    + 'a backup into an empty folder.'],
  [/could not locate a valid checkpoint record|invalid primary checkpoint|control file.*(?:corrupt|incorrect)/i, folder =>
    `The database in ${folder} is damaged. Move the folder aside, start Fermata, and restore the latest backup.`],
  [/error while loading shared libraries: (\S+?):/, (_, match) =>
    `PostgreSQL's library ${match[1]} is missing. Run "npm ci" again.`],
  [/Permission denied|EACCES|EPERM|Operation not permitted/, folder =>
    `The account running Fermata may not write to ${folder}, or may not run PostgreSQL. Give it the folder, choose another `
    + 'one with FERMATA_DATA, or mount the disk of node_modules without "noexec".'],
]

/**
 * Turns what PostgreSQL or the system said into plain words; what is not known is handed on as it
 * was said.
 */
export function explain (said: string, folder: string): Error {
  for (const [pattern, say] of explanations) {
    const match = said.match(pattern)
    if (match) return trouble(say(folder, match), said)
  }
  const lines = said.trim().split('\n').slice(-6).join('\n')
  return trouble(`PostgreSQL did not start. It said:\n${lines || '(nothing)'}\nIts files are in ${folder}.`)
}

/** `explain` for something that was thrown. */
export const explainError = (error: unknown, folder: string) => {
  const { code = '', message = String(error) } = error as Partial<NodeJS.ErrnoException>
  return explain(`${code} ${message}`, folder)
}
