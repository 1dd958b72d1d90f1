import { credentialsDeleted, emailVerified, userRegistered } from '@fermata/contracts/auth'
import { copiesRestored } from '@fermata/contracts/backups'
import * as api from '@fermata/contracts/events'
import { addressErased } from '@fermata/contracts/users'
import { job } from '@fermata/platform/jobs'
import { on } from '@fermata/platform/messages'
import { defineService, route } from '@fermata/platform/service'
import { Settings } from './config.ts'
import type { Ctx } from './context.ts'
import { addMember } from './operations/add-member.ts'
import { alignPool } from './operations/align-pool.ts'
import { cancelEvent } from './operations/cancel-event.ts'
import { createEvent } from './operations/create-event.ts'
import { createOrganizer } from './operations/create-organizer.ts'
import { deleteEvent } from './operations/delete-event.ts'
import {
  forgetAddresses, forgetPeople, rememberPeople, welcomeMembers,
} from './operations/forget-people.ts'
import { getArtwork } from './operations/get-artwork.ts'
import { getAttendance } from './operations/get-attendance.ts'
import { getEvent } from './operations/get-event.ts'
import { getEventFacts } from './operations/get-event-facts.ts'
import { getOrganizerMembers } from './operations/get-organizer-members.ts'
import { getOrganizer } from './operations/get-organizer.ts'
import { listEvents } from './operations/list-events.ts'
import { listMembers } from './operations/list-members.ts'
import { listOrganizers } from './operations/list-organizers.ts'
import { publishEvent } from './operations/publish-event.ts'
import { limitRestoredMembers } from './operations/limit-restored-members.ts'
import { removeMember } from './operations/remove-member.ts'
import { stopSale } from './operations/stop-sale.ts'
import { tellMembers } from './operations/tell-members.ts'
import { updateEvent } from './operations/update-event.ts'
import { updateMember } from './operations/update-member.ts'
import { personalData } from './personal-data.ts'

export default defineService<Ctx>({
  name: 'events',
  personal_data: personalData,
  migrations: new URL('./migrations/', import.meta.url),
  settings: Settings,
  routes: [
    route(api.listEvents, listEvents),
    route(api.createEvent, createEvent),
    route(api.getEvent, getEvent),
    route(api.updateEvent, updateEvent),
    route(api.deleteEvent, deleteEvent),
    route(api.publishEvent, publishEvent),
    route(api.cancelEvent, cancelEvent),
    route(api.getAttendance, getAttendance),
    route(api.getArtwork, getArtwork),
    route(api.createOrganizer, createOrganizer),
    route(api.listOrganizers, listOrganizers),
    route(api.getOrganizer, getOrganizer),
    route(api.listMembers, listMembers),
    route(api.addMember, addMember),
    route(api.updateMember, updateMember),
    route(api.removeMember, removeMember),
    route(api.getOrganizerMembers, getOrganizerMembers),
    route(api.getEventFacts, getEventFacts),
  ],
  subscriptions: [
    on(userRegistered, rememberPeople),
    on(emailVerified, welcomeMembers),
    on(credentialsDeleted, forgetPeople),
    on(addressErased, forgetAddresses),
    on(copiesRestored, limitRestoredMembers),
  ],
  async start (ctx) {
    await tellMembers(ctx)
    return {}
  },
  jobs: [job('align-pool', alignPool), job('stop-sale', stopSale)],
})
