import type { Browser, BrowserContext, Page } from 'playwright-core'

/** A browser that says of every page it opens whether some text on it became a program. */

export interface Watched {
  context: BrowserContext
  /** What ran, what the content security policy refused, and which markup would run. */
  noticed: string[]
  /** What a person can read on the pages opened so far, in fields too. */
  read: string[]
  /** Opens a page and looks at it. @returns the status of its answer */
  open: (path: string) => Promise<number>
  /** Looks at the page that is open, however it came there. */
  look: () => Promise<void>
  page: Page
}

const listen = `addEventListener('securitypolicyviolation',
  event => __report(event.violatedDirective + ' ' + event.sourceFile + ' ' + event.sample), true)`

/** In text that stays text there is no such markup, whether or not a policy would stop it. */
const live_markup = `[...document.querySelectorAll('*')].flatMap(element => {
  const found = [...element.attributes].filter(({ name, value }) => value.includes('__hit') &&
    (/^on/i.test(name) || name === 'srcdoc' || /^\\s*(javascript|data|vbscript):/i.test(value)))
    .filter(({ name }) => !['value', 'content', 'title', 'alt', 'aria-label'].includes(name))
  const is_script = element.localName === 'script' &&
    /^\\s*(parent\\.)?__hit/.test(element.textContent)
  return found.length > 0 || is_script ? [element.outerHTML.slice(0, 200)] : []
})`

/** Without a callback for the walker: frames that may run nothing would not call it. */
const readable = `(() => {
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
  const parts = []
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode
    if (!parentElement.closest('script, style, template')) parts.push(data)
  }
  const fields = [...document.querySelectorAll('input, textarea')].map(({ value }) => value)
  return [parts.join(''), ...fields]
})()`

export const oneSpaced = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

/** @param base the site whose pages are watched */
export async function watchPages (browser: Browser, base: string): Promise<Watched> {
  const context = await browser.newContext({ baseURL: base, locale: 'en-GB' })
  const noticed: string[] = []
  const read: string[] = []
  const page = await context.newPage()
  const note = (what: string) => { noticed.push(`${page.url()}: ${what}`) }
  await context.exposeFunction('__hit', (which: string) => note(`ran ${which}`))
  await context.exposeFunction('__report', (refused: string) => note(`refused ${refused}`))
  await context.addInitScript(listen)
  page.on('dialog', dialog => {
    note(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', message => {
    if (/Content Security Policy|Blocked script/.test(message.text())) note(message.text())
  })
  const look = async () => {
    await page.waitForLoadState('load')
    for (const frame of page.frames()) {
      const markup = await frame.evaluate<string[]>(live_markup)
      for (const one of markup) note(`markup ${one}`)
      read.push(...(await frame.evaluate<string[]>(readable)).map(oneSpaced))
    }
  }
  return {
    context, noticed, read, look, page,
    async open (path) {
      const answer = await page.goto(path, { waitUntil: 'load' })
      await look()
      return answer?.status() ?? 0
    },
  }
}
