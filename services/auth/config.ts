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
  SECOND_FACTOR_SECRET: Type.String({
    secret: true, pattern: '^[^,]{32,}(,[^,]{32,})*$',
    description: 'the secret under which the keys of authenticator apps are encrypted; 32 ' +
      'characters or more. While one replaces another both are here, separated by a comma: the ' +
      'first encrypts, all decrypt, and at the start of auth all is encrypted anew',
  }),
  FERMATA_ADMIN_SECOND_FACTOR: Type.Enum(['optional', 'required'], {
    default: 'optional', examples: ['required'],
    description: 'optional or required; required: an administrator without a second factor can ' +
      'do nothing but set one up',
  }),
})
