/** Where copies are kept. Names are `<backup id>/<file>`; files are small enough to hold. */
export interface CopyStore {
  /** For people, without secrets. */
  place: string
  /**
   * Files of a folder, in order; none when there is no such folder.
   * @param after only those whose names come later
   * @throws with a sentence where there are more than can be listed
   */
  names: (folder: string, after?: string) => Promise<string[]>
  /** The ids of all backups that have a manifest. */
  list: () => Promise<string[]>
  /** The ids of those that have files and no manifest: they are being made, or never will be. */
  drafts: () => Promise<string[]>
  /** All of it is there afterwards and stays, or nothing. */
  write: (name: string, bytes: Buffer) => Promise<void>
  /** @throws BrokenCopy when there is none */
  read: (name: string) => Promise<Buffer>
  /** With all its files. */
  remove: (backup_id: string) => Promise<void>
  removeFile: (name: string) => Promise<void>
}

export const is_backup_id = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
