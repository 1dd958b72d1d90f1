/**
 * The style sheet of the pages below /docs and /problems: readable on paper, phone and in the dark.
 */
export const style = `
:root { --ground: #fbfaf7; --raised: #fff; --text: #1d2145; --quiet: #565a78; --line: #dedbd2; --accent: #b3361f; --code: #f1eee6 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14162b; --raised: #1d2040; --text: #f3efe6; --quiet: #b4b6cf; --line: #34385f; --accent: #ffb199; --code: #101228 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.6 system-ui, sans-serif }
header { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: center; justify-content: space-between; padding: 1rem max(1rem, calc(50% - 32rem)); border-bottom: 1px solid var(--line) }
header a { color: inherit; text-decoration: none; padding: .25rem 0 }
header > a { display: inline-flex; gap: .6rem; align-items: center; font-weight: 700; font-size: 1.2rem }
header svg { width: 2rem; color: var(--accent) }
nav { display: flex; gap: 1.25rem }
main { max-width: 66rem; margin: 0 auto; padding: 1rem 1rem 5rem }
h1 { font-size: clamp(1.8rem, 5vw, 2.6rem); line-height: 1.15; margin: 2rem 0 .5rem; letter-spacing: -.02em }
h2 { font-size: 1.5rem; margin: 3rem 0 1rem }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem }
a { color: var(--accent) }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 4px }
.lead { font-size: 1.15rem; color: var(--quiet); max-width: 44rem; margin-top: 0 }
.services { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1rem }
.services li { background: var(--raised); border: 1px solid var(--line); border-radius: .9rem; padding: 1.1rem 1.25rem }
.services h3 { margin: 0; font-size: 1.15rem }
.services p { margin: .2rem 0 .8rem; color: var(--quiet) }
.services code { display: inline-block; margin: 0 .3rem .3rem 0 }
.links { display: flex; gap: 1rem; margin-top: .6rem; font-weight: 600 }
code, pre { font: .9em/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--code); border-radius: .4rem }
code { padding: .1em .35em; overflow-wrap: anywhere }
pre { padding: 1rem 1.2rem; overflow-x: auto; border: 1px solid var(--line) }
pre code { background: none; padding: 0; overflow-wrap: normal }
ol.tour { padding-left: 1.4rem }
table { border-collapse: collapse; width: 100%; background: var(--raised) }
th, td { text-align: left; vertical-align: top; padding: .55rem .8rem; border: 1px solid var(--line) }
.wide { overflow-x: auto }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.5rem }
dt { color: var(--quiet) }
dd { margin: 0 }
.status { font-variant-numeric: tabular-nums; font-weight: 700 }
`
