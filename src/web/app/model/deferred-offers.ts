import { Store } from './store.js'

/** Offers whose answer the user put off: they wait in the list of transfers instead of in a dialog. */
export const deferredOffers = new Store<ReadonlySet<string>>(new Set())

export function deferOffer(id: string): void {
  deferredOffers.update(ids => new Set([...ids, id]))
}

export function recallOffer(id: string): void {
  deferredOffers.update(ids => new Set([...ids].filter(other => other !== id)))
}
