import { readChoice, choiceFields } from '../shop/choice.ts'
import { isLanguage } from '../i18n/language.ts'
import { readSearch } from '../shop/search.ts'

/**
 * The address of a public page as its loader reads it. Whatever else stands in an address is no
 * part of the page: it reaches no loader and makes no page of its own, so that inventing addresses
 * is no way to have pages made.
 */
export interface PageAddress {
  /** Path and query in one spelling. */
  address: string
  /** What it asks for: the names of `reads` that stand in `address`. */
  asks: ReadonlySet<string>
}

type Fields = [name: string, value: string][]

interface PublicPage {
  /** The path without `.data`; what is in brackets may be any word. */
  path: RegExp
  /** The path of the words in `path`, in one spelling. */
  write: (...words: string[]) => string
  /** The query, in one order and spelling, with nothing in it that the loader does not read. */
  read: (params: URLSearchParams) => Fields
  /** Of the routes whose data a browser may ask for alone, as `routes.ts` names their files. */
  routes: readonly string[]
}

const textOf = (params: URLSearchParams, name: string, max_length: number): Fields => {
  const text = params.get(name)?.trim() ?? ''
  return text !== '' && text.length <= max_length ? [[name, text]] : []
}

/** As `readSearch` understands it: what it leaves out changes no page. */
function readSearchFields (params: URLSearchParams): Fields {
  const { fields, query } = readSearch(params)
  return Object.entries(fields).filter(([name]) => query[name as keyof typeof query] !== undefined)
}

const max_code_length = 64

const publicPages: PublicPage[] = [
  {
    path: /^\/+$/, write: () => '/', read: readSearchFields, routes: ['root', 'shop/home'],
  },
  {
    path: /^\/events\/([\w~%-]+)\/*$/i, write: slug => `/events/${slug}`,
    read: params => [
      ...(params.has('choose') ? [['choose', '1'] satisfies [string, string]] : []),
      ...textOf(params, 'code', max_code_length), ...textOf(params, 'promo', max_code_length),
      ...choiceFields(readChoice(params)),
    ],
    routes: ['root', 'shop/event'],
  },
  {
    path: /^\/artwork\/([\w~%-]+)\/([\w~%.-]+?)\/*$/i,
    write: (category, file) => `/artwork/${category}/${file}`, read: () => [], routes: [],
  },
]

/** Null: no public page, or an address that means nothing. @param url path and query */
export function publicAddress (url: string): PageAddress | null {
  const at = url.indexOf('?')
  const [path, query] = at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at)]
  const { plain, is_data } = withoutData(path)
  for (const page of publicPages) {
    const words = page.path.exec(plain)?.slice(1).map(spell)
    if (!words) continue
    if (words.includes(null)) return null
    const params = new URLSearchParams(query)
    const fields = [...page.read(params), ...languageIn(params)]
    const routes = is_data ? routesIn(params, page.routes) : []
    const written = page.write(...words as string[])
    const search = String(new URLSearchParams([...fields, ...routes]))
    return {
      address: (is_data ? dataPath(written) : written) + (search && `?${search}`),
      asks: new Set(fields.map(([name]) => name)),
    }
  }
  return null
}

/** Browsers fetch the data of a page by its path and `.data`; of the home page by `/_.data`. */
function withoutData (path: string): { plain: string, is_data: boolean } {
  if (path === '/_.data') return { plain: '/', is_data: true }
  return path.endsWith('.data') && !path.endsWith('/.data')
    ? { plain: path.slice(0, -'.data'.length), is_data: true } : { plain: path, is_data: false }
}

const dataPath = (path: string) => path === '/' ? '/_.data' : `${path}.data`

/** `%61` is an `a`: the same word in the one spelling that we would write; null: no text at all. */
function spell (word: string): string | null {
  try {
    const plain = decodeURIComponent(word)
    // These are steps between folders, in an address.
    return plain === '.' || plain === '..' ? null : encodeURIComponent(plain)
  } catch {
    return null
  }
}

function languageIn (params: URLSearchParams): Fields {
  const lang = params.get('lang')
  return isLanguage(lang) ? [['lang', lang]] : []
}

function routesIn (params: URLSearchParams, known: readonly string[]): Fields {
  const asked = params.get('_routes')?.split(',')
  const routes = asked ? known.filter(route => asked.includes(route)) : []
  return routes.length > 0 ? [['_routes', routes.join(',')]] : []
}
