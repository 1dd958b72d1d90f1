import { LoginSignature } from '@fermata/platform/platform-settings'
import { Type } from 'typebox'

/** Settings of auth. */
export const AuthSettings = Type.Object({
  ...LoginSignature.properties,
  FERMATA_ADMIN_EMAIL: Type.Optional(Type.String({
    format: 'email', maxLength: 254,
    description: 'the address whose owner becomes the first administrator by verifying it',
    examples: ['ops@example.org'],
  })),
})
