import {
  mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolderDurably, writeDurably } from './durable-file.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'fermata-durable-')) })
afterEach(() => rmSync(folder, { recursive: true }))

test('writeDurably: replaces what was there, with the mode that was asked for, and leaves no draft', async () => {
  const file = join(folder, 'secret')
  writeFileSync(file, 'old', { mode: 0o644 })

  await writeDurably(file, 'new', 0o600)

  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['secret'])
})

test('writeDurably: a link that lies in its place is replaced, not followed', async () => {
  writeFileSync(join(folder, 'elsewhere'), 'theirs')
  symlinkSync('elsewhere', join(folder, 'secret'))

  await writeDurably(join(folder, 'secret'), 'ours', 0o600)

  expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('theirs')
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('ours')
})

test('writeDurably: what cannot be written leaves the old file and no draft', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(writeDurably(join(folder, 'file', 'below'), 'x', 0o600)).rejects.toThrow('ENOTDIR')
  expect(readdirSync(folder)).toEqual(['file'])
})

test('makeFolderDurably: makes what is missing above, and may be repeated', async () => {
  const deep = join(folder, 'a', 'b')
  await makeFolderDurably(deep)
  await makeFolderDurably(deep)
  expect(statSync(deep).isDirectory()).toBe(true)
})
