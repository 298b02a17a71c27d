/** Text in at most `most` characters: its middle gives way, since both of its ends tell most (`alice@…example.com`, `/home/…/plan.pdf`). */
export function shorten(text: string, most: number): string {
  const characters = [...text]
  if (characters.length <= most) return text
  const head = Math.floor((most - 1) / 2)
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (most - 1 - head)).join('')}`
}
