/** Where copies are kept. Names are `<backup id>/<file>`; files are small enough to hold. */
export interface CopyStore {
  /** For people, without secrets. */
  place: string
  /** Files of a folder, in order; none when there is no such folder. */
  names: (folder: string) => Promise<string[]>
  /** The ids of all backups that have a manifest. */
  list: () => Promise<string[]>
  /** All of it is there afterwards and stays, or nothing. */
  write: (name: string, bytes: Buffer) => Promise<void>
  /** @throws BrokenCopy when there is none */
  read: (name: string) => Promise<Buffer>
  /** With all its files. */
  remove: (backup_id: string) => Promise<void>
}

export const is_backup_id = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
