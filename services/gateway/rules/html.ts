/** Markup that may stand in a page as it is. */
export interface Html { html: string }

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string) => text.replace(/[&<>"']/g, char => escapes[char]!)

type Part = string | number | Html | readonly Part[]

const render = (part: Part): string => {
  if (typeof part === 'string' || typeof part === 'number') return escape(String(part))
  return 'html' in part ? part.html : part.map(render).join('')
}

/** A template whose values are escaped, so that no text can become markup; lists are joined. */
export const html = (texts: TemplateStringsArray, ...parts: Part[]): Html => ({
  html: texts.reduce((all, text, index) => all + (index > 0 ? render(parts[index - 1]!) : '') +
    text, ''),
})

/** A whole page in the house's dress; it loads nothing but its style sheet. */
export const page = (title: string, content: Html): string => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header><a href="/docs"><svg viewBox="0 0 64 40" aria-hidden="true"><path d="M4 36a28 28 0 0 1 56 0" fill="none" stroke="currentColor" stroke-width="6" stroke-linecap="round"/><circle cx="32" cy="31" r="6" fill="currentColor"/></svg>Fermata</a><nav><a href="/docs#services">Services</a> <a href="/docs#tour">Tour</a> <a href="/docs#problems">Problems</a></nav></header>
<main>
${content}
</main>
</body>
</html>
`.html
