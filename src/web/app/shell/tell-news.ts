import { notifications } from '@mantine/notifications'
import { announce } from '../model/announcer.js'
import { showNote } from '../model/notes.js'
import { pageStore } from '../model/page-store.js'
import { placeOf } from '../model/route.js'
import { strings } from '../strings.js'
import { newsOf } from './news.js'

const COLOURS = { good: 'teal', bad: 'red', info: 'cobalt' } as const

/** Tells what happens to those who listen, to those who look at another place, and to those who look at another window. */
export function tellNews(): () => void {
  return pageStore.onChanges((changes, before) => {
    for (const { text, isNote, tone } of newsOf(changes, before)) {
      announce(text)
      if (!isNote) continue
      showNote(strings.shell.brand, text)
      // The cards of the Transfers place say it themselves, and an offer has its own dialog
      if (placeOf(location.pathname) !== '/' && !changes.some(({ type }) => type === 'offer')) {
        notifications.show({ message: text, color: COLOURS[tone], autoClose: 6_000 })
      }
    }
  })
}
