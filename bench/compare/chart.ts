/** A chart of bars: what a framework takes, and what a check adds, for each library. */

import type { Result } from './contest.ts'
import { groups } from './contestants.ts'
import { figuresOf } from './figures.ts'

const width = 760
const left = 250
const right = 60
const barHeight = 16
const rowHeight = 24
const headHeight = 30

/** Colours for light and for dark; their contrast with the ground is above 4.5 for text. */
const style = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .head { font-weight: 600 }
  .ours { font-weight: 700 }
  .small { fill: #59636e; font-size: 12px }
  .bare { fill: #afb8c1 }
  .check { fill: #8250df }
  .check.own { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .bare { fill: #484f58 }
    .check { fill: #a371f7 }
    .check.own { fill: #4493f8 }
  }`

export function chart(results: readonly Result[]): string {
  const figures = results.map((result) => ({ ...result.contestant, ...figuresOf(result) }))
  const scale = (width - left - right) / Math.max(...figures.map(({ checked }) => checked))
  const parts: string[] = []
  let y = 34
  let group: string | undefined
  for (const { checked, bare, label, group: of, isOurs, isRevocable } of figures) {
    if (of !== group) {
      group = of
      y += headHeight
      parts.push(`<text class="head" x="8" y="${y - 9}">${escaped(groups[of])}</text>`)
    }
    const bareWidth = bare * scale
    const checkWidth = Math.max(0, checked - bare) * scale
    const name = isRevocable ? label : `${label} †`
    const middle = y + barHeight - 4
    parts.push(
      `<text class="${isOurs ? 'ours' : ''}" x="${left - 10}" y="${middle}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="bare" x="${left}" y="${y}" width="${bareWidth.toFixed(1)}" height="${barHeight}"/>`,
      `<rect class="check${isOurs ? ' own' : ''}" x="${(left + bareWidth).toFixed(1)}" y="${y}" width="${checkWidth.toFixed(1)}" height="${barHeight}"/>`,
      `<text class="small" x="${(left + bareWidth + checkWidth + 6).toFixed(1)}" y="${middle}">${checked.toFixed(0)}</text>`,
    )
    y += rowHeight
  }
  y += 24
  const title = 'CPU of one checked request, in microseconds'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="${title}">
<title>${title}</title>
<style>${style}
</style>
<text class="head" x="8" y="20">${title}</text>
<rect class="bare" x="${left + 170}" y="9" width="12" height="12"/>
<text class="small" x="${left + 188}" y="20">framework alone</text>
<rect class="check own" x="${left + 300}" y="9" width="12" height="12"/>
<rect class="check" x="${left + 314}" y="9" width="12" height="12"/>
<text class="small" x="${left + 332}" y="20">its check: ours, others</text>
${parts.join('\n')}
<text class="small" x="8" y="${y - 8}">† A login that was ended goes on until its time is up.</text>
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
