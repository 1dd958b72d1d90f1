import type { StaffCatalogue } from '../translate.ts'
import { admin } from './admin.ts'
import { door } from './door.ts'
import { organizer } from './organizer.ts'

export const staff: StaffCatalogue = { organizer, door, admin }
