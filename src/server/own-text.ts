/** The same text in memory of its own: engines make a part of a text that keeps the whole, here the message it came in. */
export function ownText(text: string): string {
  return ` ${text}`.slice(1)
}
