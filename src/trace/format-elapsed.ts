/** `00.000` seconds of so many milliseconds. */
export function formatElapsed(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3).padStart(6, '0')
}
