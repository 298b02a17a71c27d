import { QueryClient, type UseQueryOptions, type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { CapabilitiesView, ContactView, GroupView } from '../../protocol/index.js'
import { pageStore } from './page-store.js'
import { request } from './server.js'

/** First words of the keys of what is read with react-query; changes make them stale. */
export const CONTACTS = 'contacts'
export const GROUPS = 'groups'
export const HISTORY = 'history'

/** Capabilities are asked of the peer itself: once in this time, milliseconds. */
const CAPABILITIES_LIFE = 5 * 60_000

export const queryClient = new QueryClient({
  defaultOptions: {
    // The server says when something changed
    queries: { staleTime: Number.POSITIVE_INFINITY, retry: 1, refetchOnWindowFocus: false, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
})

/** Reads again what the server says has changed. */
export function followChanges(): () => void {
  return pageStore.onChanges(changes => {
    const types = new Set(changes.map(({ type }) => type))
    if (types.has('people')) {
      void queryClient.invalidateQueries({ queryKey: [CONTACTS] })
      void queryClient.invalidateQueries({ queryKey: [GROUPS] })
    }
    if (types.has('history') || types.has('notice')) void queryClient.invalidateQueries({ queryKey: [HISTORY] })
  })
}

export function useContacts(): UseQueryResult<readonly ContactView[]> {
  return useQuery({
    queryKey: [CONTACTS],
    queryFn: ({ signal }) => request<readonly ContactView[]>('GET', '/api/contacts', undefined, signal),
  })
}

export function useGroups(): UseQueryResult<readonly GroupView[]> {
  return useQuery({ queryKey: [GROUPS], queryFn: ({ signal }) => request<readonly GroupView[]>('GET', '/api/groups', undefined, signal) })
}

/** Asks what a recipient can do. That they cannot be reached is no error but a part of the answer. */
export function capabilitiesQuery(uri: string): UseQueryOptions<CapabilitiesView> {
  return {
    queryKey: ['capabilities', uri],
    queryFn: ({ signal }) => request<CapabilitiesView>('GET', `/api/capabilities?uri=${encodeURIComponent(uri)}`, undefined, signal),
    staleTime: CAPABILITIES_LIFE,
    retry: false,
  }
}
