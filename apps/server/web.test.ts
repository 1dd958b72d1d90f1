import { expect, test } from 'vitest'
import { takes_its_time } from './web.ts'

test('takes_its_time: forms whose answer waits for a backup, and no other', () => {
  const is = (path: string) => takes_its_time.test(path)
  const forms = ['/admin/backups', '/admin/backups.data', '/admin/backups?index',
    '/admin/backups/01890a5d-ac96-774b-bcce-b302099a8057',
    '/admin/backups/01890a5d-ac96-774b-bcce-b302099a8057.data?_routes=x']
  const others = ['/admin/backupsx', '/admin', '/admin/backups/a/b', '/organizer/admin/backups']
  expect([...forms, ...others].filter(is)).toEqual(forms)
})
