import { account } from './en/account.ts'
import { errors, shell } from './en/shell.ts'
import { shop } from './en/shop.ts'

export const en = { shell, errors, shop, account }
