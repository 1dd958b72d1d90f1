import * as api from '@fermata/contracts/auth'
import { cron } from '@fermata/platform/jobs'
import { defineService, route } from '@fermata/platform/service'
import { createPasswordHasher } from './adapters/password-hasher.ts'
import { AuthSettings } from './config.ts'
import type { Ctx } from './context.ts'
import { login } from './operations/login.ts'
import { refresh } from './operations/refresh.ts'
import { register } from './operations/register.ts'

export default defineService<Ctx>({
  name: 'auth',
  migrations: new URL('./migrations/', import.meta.url),
  settings: AuthSettings,
  routes: [
    route(api.register, register),
    route(api.login, login),
    route(api.refresh, refresh),
  ],
  start: async () => ({ passwords: await createPasswordHasher() }),
})
