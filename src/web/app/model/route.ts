import { useSyncExternalStore } from 'react'

/** The places of the page, by path. */
export const PATHS = ['/', '/people', '/history', '/wire', '/doctor'] as const
export type Path = (typeof PATHS)[number]

/** The place that a path means; the first one when there is none. */
export function placeOf(path: string): Path {
  return PATHS.find(place => place === path) ?? '/'
}

const watchers = new Set<() => void>()
const tell = (): void => {
  for (const watch of watchers) watch()
}

function subscribe(watch: () => void): () => void {
  if (watchers.size === 0) window.addEventListener('popstate', tell)
  watchers.add(watch)
  return () => {
    watchers.delete(watch)
    if (watchers.size === 0) window.removeEventListener('popstate', tell)
  }
}

/** Goes to a place. `query` is kept in the address: `{to: 'sip:bob@example.com'}`. */
export function navigate(path: Path, query: Readonly<Record<string, string>> = {}): void {
  const search = new URLSearchParams(query).toString()
  const address = search === '' ? path : `${path}?${search}`
  if (address === location.pathname + location.search) return
  history.pushState(null, '', address)
  tell()
}

/** Where we are. */
export function usePlace(): Path {
  return useSyncExternalStore(subscribe, () => placeOf(location.pathname))
}

/** A word of the address's query; undefined without it. */
export function useQueryWord(name: string): string | undefined {
  return useSyncExternalStore(subscribe, () => new URLSearchParams(location.search).get(name) ?? undefined)
}
