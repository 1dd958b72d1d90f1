import { admin } from './admin.ts'
import { door } from './door.ts'
import { organizer } from './organizer.ts'

/** Texts of the pages that organisers, doors and administrators use. */
export const staff = { organizer, door, admin }
