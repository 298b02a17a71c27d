import { pageStore } from './page-store.js'

/** Times that a part of the page is asked for. */
const TRIES = 3

/** Brings a part of the page; when the server is away just then, again as soon as it is back. */
export async function patientImport<Part>(bring: () => Promise<Part>): Promise<Part> {
  for (let tries = 1; ; tries++) {
    try {
      return await bring()
    } catch (error) {
      if (tries === TRIES) throw error
      await untilLive()
    }
  }
}

/** Settles once the server is there; it may have gone without that anybody noticed yet. */
async function untilLive(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 250))
  if (pageStore.connection.state === 'live') return
  await new Promise<void>(resolve => {
    const stop = pageStore.subscribe(() => {
      if (pageStore.connection.state !== 'live') return
      stop()
      resolve()
    })
  })
}
