/** Notes that the system shows while the user looks at something else. */
const ASKED = 'cpmft-notes-asked'

/** Whether the question is still open: it is asked once. */
export function mayAskForNotes(): boolean {
  return 'Notification' in window && Notification.permission === 'default' && localStorage.getItem(ASKED) === null
}

export function rememberAsked(): void {
  localStorage.setItem(ASKED, '1')
}

/** Asks the browser, which asks the user. */
export async function allowNotes(): Promise<void> {
  await Notification.requestPermission()
}

/** Shows a note, unless the page is looked at anyway or notes are not wanted. */
export function showNote(title: string, text: string): void {
  if (!('Notification' in window) || Notification.permission !== 'granted' || (document.hasFocus() && !document.hidden)) return
  const note = new Notification(title, { body: text, tag: 'cpmft' })
  note.addEventListener('click', () => {
    window.focus()
    note.close()
  })
}
