/**
 * Texts that become programs where a page forgets to escape them, each with the place in which it
 * does: `TEXT` is where the text would stand.
 */
export interface Payload { text: string, place: string }

const in_body = '<p>TEXT</p>'
const in_attribute = '<input value="TEXT">'

export const payloads: Payload[] = [
  { text: '<script>__hit(\'tag\')</script>', place: in_body },
  { text: '<svg/onload=__hit(\'svg\')>', place: in_body },
  { text: '"><img src=x onerror=__hit(\'attribute\')>', place: in_attribute },
  { text: '</script><script>__hit(\'json\')</script>',
    place: '<script type="application/ld+json">{"name":"TEXT"}</script>' },
  { text: '\' autofocus onfocus=__hit(\'focus\') x=\'', place: '<input value=\'TEXT\'>' },
  { text: 'javascript:__hit(\'address\')', place: '<a href="TEXT">x</a>' },
  { text: '[x](javascript:__hit(\'markdown\'))',
    place: '<script>const [, name, to] = /\\[(.*)\\]\\((.*)\\)/.exec(String.raw`TEXT`);' +
      'document.documentElement.innerHTML = `<a href="${to}">${name}</a>`</script>' },
  { text: '\u2028__hit(\'line\')//', place: '<script>// TEXT\n</script>' },
  { text: '{{__hit(\'braces\')}}',
    place: '<script>new Function(/\\{\\{(.*)\\}\\}/.exec(String.raw`TEXT`)[1])()</script>' },
  { text: '${__hit(\'template\')}', place: '<script>`TEXT`</script>' },
  { text: '\';__hit(\'string\');//', place: '<script>var x = \'TEXT\'\n</script>' },
  { text: '<img src=x onerror=__hit(\'image\')>', place: in_body },
  { text: '<a href="data:text/html,<script>__hit(1)</script>">', place: in_body },
  { text: '<iframe srcdoc="<script>parent.__hit(1)</script>">', place: in_body },
  { text: '</title><svg/onload=__hit(\'title\')>', place: '<title>TEXT</title>' },
  { text: '</textarea><svg/onload=__hit(\'area\')>', place: '<textarea>TEXT</textarea>' },
  { text: '--><svg/onload=__hit(\'comment\')>', place: '<!-- TEXT -->' },
  { text: '&lt;svg/onload=__hit(\'twice\')&gt;',
    place: '<p id="p">TEXT</p><script>p.innerHTML = p.textContent</script>' },
  { text: '%3Csvg/onload=__hit(\'decoded\')%3E',
    place: '<p id="p">TEXT</p><script>p.innerHTML = decodeURIComponent(p.textContent)</script>' },
]

interface Schema {
  type?: string, format?: string, pattern?: string, maxLength?: number, enum?: unknown[]
  properties?: Record<string, Schema>, anyOf?: Schema[]
}

/**
 * Whether a field takes whatever a person types. What has no pattern is a password or a token; it
 * is compared and never shown.
 */
const isFreeText = ({ type, format, pattern, enum: choices }: Schema) =>
  type === 'string' && !format && !choices && pattern !== undefined &&
  payloads.some(({ text }) => new RegExp(pattern, 'u').test(text))

/** Where a body takes free text, e.g. `venue.name`, with the field's schema. */
export function textFields (schema: object, at = ''): [string, Schema][] {
  const shape = schema as Schema
  if (isFreeText(shape)) return [[at, shape]]
  const below = Object.entries(shape.properties ?? {})
    .flatMap(([name, one]) => textFields(one, at ? `${at}.${name}` : name))
  return [...below, ...(shape.anyOf ?? []).flatMap(one => textFields(one, at))]
}

/** Gives each field as many payloads as it takes, beginning with another one each time. */
export function createFiller (first: number) {
  let next = first
  const texts = new Map<string, string>()
  const textFor = ({ maxLength = 1000, pattern }: Schema): string => {
    let text = ''
    for (let tried = 0; tried < payloads.length; tried++) {
      const more = `${text}${text && ' '}${payloads[next % payloads.length]!.text}`
      if (more.length > maxLength || !new RegExp(pattern!, 'u').test(more)) {
        if (text) break
        next++
        continue
      }
      text = more
      next++
    }
    return text
  }
  return {
    /** Every text that was given, by the field that has it. */
    texts,
    /** The body, with payloads in every free text that its route declares. */
    write<B extends object> (
      { name, body, without = [] }: { name: string, body: object, without?: string[] }, fixed: B,
    ): B {
      const full = structuredClone(fixed) as Record<string, unknown>
      for (const [path, schema] of textFields(body)) {
        if (without.includes(path)) continue
        const text = textFor(schema)
        texts.set(`${name} ${path}`, text)
        const names = path.split('.')
        const last = names.pop()!
        const inside = names.reduce((place, one) =>
          (place[one] ??= {}) as Record<string, unknown>, full)
        inside[last] = text
      }
      return full as B
    },
  }
}
